import { describe, expect, it } from 'vitest';
import { recognizePreTokenizer } from '../../../src/quantize/pre-tokenizer.ts';

const split = (digits: string) => ({
  type: 'Sequence',
  pretokenizers: [
    {
      type: 'Split',
      pattern: {
        Regex: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
      },
      behavior: 'Isolated',
      invert: false,
    },
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  ],
});

describe('recognizePreTokenizer', () => {
  it.each([
    ['gpt-2', { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true }],
    ['gpt-2', { use_regex: true, trim_offsets: false, add_prefix_space: false, type: 'ByteLevel' }],
    ['llama-bpe', split(String.raw`\p{N}{1,3}`)],
    ['qwen2', split(String.raw`\p{N}`)],
  ])('knows %s, however it is written down', (name, definition) => {
    expect(recognizePreTokenizer({ pre_tokenizer: definition })).toBe(name);
  });

  it.each([
    ['none', undefined],
    ['other words', split(String.raw`\p{N}{1,2}`)],
    ['a space before the text', { type: 'ByteLevel', add_prefix_space: true, use_regex: true }],
    ['another kind', { type: 'Metaspace' }],
  ])('refuses %s', (_what, definition) => {
    const tokenizer = definition === undefined ? {} : { pre_tokenizer: definition };
    expect(() => recognizePreTokenizer(tokenizer)).toThrowError(
      expect.objectContaining({ code: 'CONVERT_UNSUPPORTED' }),
    );
  });
});
