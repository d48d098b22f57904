import { describe, expect, it } from 'vitest';
import { historicEncoding, preAuthenticationEncoding } from '../../../src/trust/dsse.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

describe('preAuthenticationEncoding', () => {
  it('counts bytes, not characters', () => {
    const payload = Buffer.from('{"é":1}');
    const expected = Buffer.concat([Buffer.from('DSSEv1 28 application/vnd.in-toto+json 8 '), payload]);
    expect(preAuthenticationEncoding(payload)).toEqual(expected);
    expect(text(preAuthenticationEncoding(new Uint8Array(), { payloadType: 'é' }))).toBe('DSSEv1 2 Ã© 0 ');
  });
});

describe('historicEncoding', () => {
  it.each([
    ['{"a": 1}', `b'{"a": 1}'`],
    ['a\n\t\r\\', String.raw`b'a\n\t\r\\'`],
    ["it's", `b"it's"`],
    [`"it's"`, String.raw`b'"it\'s"'`],
    ['é\u007f', String.raw`b'\xc3\xa9\x7f'`],
  ])('prints %j as Python prints bytes', (payload, printed) => {
    const bytes = Buffer.from(payload);
    const head = `DSSEV1 28 application/vnd.in-toto+json ${bytes.length} `;
    expect(text(historicEncoding(bytes))).toBe(head + printed);
  });
});
