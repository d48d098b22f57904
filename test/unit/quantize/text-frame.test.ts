import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../src/core/index.ts';
import { BEGINNING, ENDING } from '../../../src/quantize/special-tokens.ts';
import { frameText, withFrame } from '../../../src/quantize/text-frame.ts';

const special = (id: string): JsonObject => ({ SpecialToken: { id, type_id: 0 } });
const text: JsonObject = { Sequence: { id: 'A', type_id: 0 } };
const template = (...single: JsonValue[]): JsonObject => ({
  post_processor: {
    type: 'Sequence',
    processors: [{ type: 'ByteLevel' }, { type: 'TemplateProcessing', single }],
  },
});
const ids = new Map([
  ['<s>', 1],
  ['</s>', 2],
]);
const named = new Map([
  [BEGINNING, 1],
  [ENDING, 2],
]);
const frame = (tokenizer: JsonObject | null, tokenizerConfig: JsonObject | null = null) =>
  frameText({ config: {}, tokenizer, tokenizerConfig, addedTokens: null, sentencePiece: null }, named);

describe('frameText', () => {
  it.each([
    ['Llama 3, whose template has a beginning', template(special('<s>'), text), true, false],
    ['a template with both', template(special('<s>'), text, special('</s>')), true, true],
    ['a template with neither', template(text), false, false],
    ['Qwen, which has none', { post_processor: { type: 'ByteLevel' } }, false, false],
    ['nothing at all', {}, false, false],
  ])('reads the template of %s', (_what, tokenizer, beginning, ending) => {
    expect(frame(tokenizer)).toEqual({ beginning, ending, rewritesTemplate: false });
  });

  it('believes the flags of the classes for Llama 2, and of no other', () => {
    const flags = { add_bos_token: false, add_eos_token: true };
    const both = template(special('<s>'), text);
    expect(frame(both, { ...flags, tokenizer_class: 'LlamaTokenizerFast' })).toEqual({
      beginning: false,
      ending: true,
      rewritesTemplate: true,
    });
    expect(frame(both, { ...flags, tokenizer_class: 'PreTrainedTokenizerFast' })).toMatchObject({
      beginning: true,
      ending: false,
    });
  });

  it('begins texts with a token where there is no tokenizer.json that tells', () => {
    expect(frame(null)).toEqual({ beginning: true, ending: false, rewritesTemplate: true });
    expect(frame(null, { add_bos_token: false })).toMatchObject({ beginning: false });
  });

  it.each([
    ['two tokens in front', template(special('<s>'), special('</s>'), text)],
    ['the text twice', template(text, text)],
    ['something else', template(7)],
  ])('refuses a template with %s', (_what, tokenizer) => {
    expect(() => frame(tokenizer)).toThrowError(expect.objectContaining({ code: 'CONVERT_UNSUPPORTED' }));
  });

  it('refuses a beginning that no file names', () => {
    const files = {
      config: {},
      tokenizer: template(special('<s>'), text),
      tokenizerConfig: null,
      addedTokens: null,
      sentencePiece: null,
    };
    expect(() => frameText(files, new Map())).toThrowError(
      expect.objectContaining({ code: 'CONVERT_UNSUPPORTED' }),
    );
  });
});

describe('withFrame', () => {
  it('writes a template where flags tell otherwise', () => {
    const told = { beginning: true, ending: true, rewritesTemplate: true };
    expect(withFrame({ a: 1 }, told, { ids, named })).toMatchObject({
      a: 1,
      post_processor: { single: [special('<s>'), text, special('</s>')] },
    });
  });

  it('leaves the rest alone', () => {
    const definition = template(special('<s>'), text);
    const told = { beginning: true, ending: false, rewritesTemplate: false };
    expect(withFrame(definition, told, { ids, named })).toBe(definition);
  });
});
