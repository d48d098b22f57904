import { describe, expect, it } from 'vitest';
import { toReference } from '../../../src/quantize/reference-definition.ts';

describe('toReference', () => {
  it('leaves out the composing of letters, which llama.cpp does not do, and says so', () => {
    const { definition, warnings } = toReference({ normalizer: { type: 'NFC' } });
    expect(definition['normalizer']).toBeNull();
    expect(warnings.map(({ code }) => code)).toEqual(['CONVERT_NFC_LEFT_OUT']);
  });

  it.each(['first', 'always', undefined])('puts a space where llama.cpp does, and says so (%s)', (scheme) => {
    const preTokenizer = { type: 'Metaspace', ...(scheme === undefined ? {} : { prepend_scheme: scheme }) };
    const { definition, warnings } = toReference({ pre_tokenizer: preTokenizer });
    expect(definition).toMatchObject({ pre_tokenizer: null, normalizer: { type: 'Sequence' } });
    expect(warnings.map(({ code }) => code)).toEqual(['CONVERT_SPACE_PREFIX']);
  });

  it('changes nothing of a tokenizer that puts no space', () => {
    const preTokenizer = { type: 'Metaspace', prepend_scheme: 'never' };
    expect(toReference({ pre_tokenizer: preTokenizer })).toMatchObject({
      definition: { pre_tokenizer: preTokenizer },
      warnings: [],
    });
  });

  it('takes every number of Unicode for a digit, as the original does', () => {
    const digits = { type: 'Digits', individual_digits: true };
    const { definition } = toReference({ pre_tokenizer: { type: 'Sequence', pretokenizers: [digits] } });
    expect(definition['pre_tokenizer']).toMatchObject({
      pretokenizers: [{ type: 'Split', pattern: { Regex: String.raw`\p{N}` } }],
    });
  });

  it('finds special tokens in the text as it was typed', () => {
    const tokens = [
      { content: '<s>', special: true, normalized: true },
      { content: 'x', special: false, normalized: true },
    ];
    expect(toReference({ added_tokens: tokens }).definition['added_tokens']).toMatchObject([
      { normalized: false },
      { normalized: true },
    ]);
  });
});
