import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BundleFailure } from '../../../src/bundle/error.ts';
import { MAX_ENTRIES } from '../../../src/bundle/limits.ts';
import { formatModelSums, formatSums, parseSums } from '../../../src/bundle/sums.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const parse = (text: string): ReadonlyMap<string, string> => parseSums(Buffer.from(text));

describe('formatSums', () => {
  it('writes what sha256sum writes, sorted by path', () => {
    expect(
      formatSums([
        ['model/b', B],
        ['edge.json', A],
      ]),
    ).toBe(`${A}  edge.json\n${B}  model/b\n`);
  });

  it('gives back what was parsed', () => {
    const path = fc.stringMatching(/^[a-z][a-zé漢/ .-]{0,20}$/);
    const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(path, digest), { selector: ([name]) => name, minLength: 1 }),
        (pairs) => {
          expect(new Map(parse(formatSums(pairs)))).toEqual(new Map(pairs));
        },
      ),
    );
  });
});

describe('formatModelSums', () => {
  it('keeps the lines under model/ only', () => {
    expect(
      formatModelSums([
        ['model/b', B],
        ['models/x', A],
        ['edge.json', A],
      ]),
    ).toBe(`${B}  model/b\n`);
  });
});

describe('parseSums', () => {
  it('takes binary marks, any order and a last line without newline', () => {
    expect([...parse(`${B} *z\n${A}  a b`)]).toEqual([
      ['z', B],
      ['a b', A],
    ]);
  });

  it.each([
    'x',
    `${A} a`,
    `${A}  `,
    `${A.toUpperCase()}  a`,
    `\\${A}  a\\nb`,
    `${A}  a\n\n`,
    `${A}  a\r\n`,
    `${A}  a\n${B}  a\n`,
    '',
  ])('refuses %j', (text) => {
    if (text === '') {
      expect(parse(text).size).toBe(0);
      return;
    }
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'BUNDLE_SUMS_INVALID', exitCode: 3 }));
  });

  it('refuses more lines than a bundle has files', () => {
    const lines = (count: number): string =>
      Array.from({ length: count }, (_, index) => `${A}  ${index}\n`).join('');
    expect(parse(lines(MAX_ENTRIES)).size).toBe(MAX_ENTRIES);
    expect(() => parse(lines(MAX_ENTRIES + 1))).toThrow(
      expect.objectContaining({ message: `SHA256SUMS is malformed at line ${MAX_ENTRIES + 1}.` }),
    );
  });

  it('holds one line at a time of a list of empty lines', () => {
    expect(() => parse('\n'.repeat(2 ** 24))).toThrow(
      expect.objectContaining({ message: 'SHA256SUMS is malformed at line 1.' }),
    );
  });

  it('parses any bytes or throws a failure', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          parseSums(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(BundleFailure);
        }
      }),
    );
  });
});
