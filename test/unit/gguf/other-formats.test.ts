import { describe, expect, it } from 'vitest';
import { describeMagic } from '../../../src/gguf/other-formats.ts';

describe('describeMagic', () => {
  it.each([
    ['PK\x03\x04', 'GGUF_MAGIC_INVALID', /PyTorch/],
    ['\x80\x02ab', 'GGUF_MAGIC_INVALID', /pickle/],
    ['\x1f\x8b\x08\x00', 'GGUF_MAGIC_INVALID', /gzip/],
    ['FUGG', 'GGUF_BYTE_ORDER', /big-endian/],
    ['\0\0\0\0', 'GGUF_MAGIC_INVALID', /letters GGUF/],
  ])('knows %j', (text, code, note) => {
    const described = describeMagic(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    expect(described.code).toBe(code);
    expect(described.note).toMatch(note);
  });
});
