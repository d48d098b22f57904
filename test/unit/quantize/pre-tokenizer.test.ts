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
    ['llama-bpe', split(String.raw`\p{N}{1,3}`), true],
    ['smaug-bpe', split(String.raw`\p{N}{1,3}`)],
    ['qwen2', split(String.raw`\p{N}`)],
    [
      'smollm',
      {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Digits', individual_digits: true },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        ],
      },
    ],
  ])('knows %s, however it is written down', (name, definition, ignoresMerges = false) => {
    const model = { ignore_merges: ignoresMerges };
    expect(recognizePreTokenizer({ pre_tokenizer: definition, model })).toBe(name);
  });

  it.each(['gpt-2', 'qwen2'])('refuses whole words that are taken as they are under %s', (name) => {
    const definition =
      name === 'qwen2'
        ? split(String.raw`\p{N}`)
        : { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
    const tokenizer = { pre_tokenizer: definition, model: { ignore_merges: true } };
    expect(() => recognizePreTokenizer(tokenizer)).toThrowError(
      expect.objectContaining({
        code: 'CONVERT_UNSUPPORTED',
        message: expect.stringContaining(name) as string,
      }),
    );
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
