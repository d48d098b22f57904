/**
 * The definition of a tokenizer as llama.cpp can be held against it: what llama.cpp is known to leave out is taken out here,
 * by name and with a warning, so that every other difference is a mistake. Pure. Source: huggingface/tokenizers,
 * `Metaspace`, `Digits`, `NFC`; llama.cpp, `llama_vocab::impl::tokenize`.
 */
import { isJsonObject, type JsonObject, type JsonValue, type Warning } from '../core/index.ts';

export interface ReferenceDefinition {
  readonly definition: JsonObject;
  readonly warnings: readonly Warning[];
}

export function toReference(tokenizer: JsonObject): ReferenceDefinition {
  const { normalizer = null, pre_tokenizer: preTokenizer = null } = tokenizer;
  const plain = {
    ...tokenizer,
    normalizer,
    pre_tokenizer: withUnicodeDigits(preTokenizer),
    post_processor: tokenizer['post_processor'] ?? null,
    decoder: tokenizer['decoder'] ?? null,
    added_tokens: asTransformersAdds(tokenizer['added_tokens'] ?? []),
  };
  if (isOf(normalizer, 'NFC')) return { definition: { ...plain, normalizer: null }, warnings: [COMPOSED] };
  if (isOf(preTokenizer, 'Metaspace') && preTokenizer['prepend_scheme'] !== 'never') {
    return {
      definition: { ...plain, normalizer: SPACE_BEFORE_EVERY_TEXT, pre_tokenizer: null },
      warnings: [SPACE_PREFIX],
    };
  }
  return { definition: plain, warnings: [] };
}

const COMPOSED: Warning = {
  code: 'CONVERT_NFC_LEFT_OUT',
  message:
    'The tokenizer composes letters and accents first (NFC), which llama.cpp does not: text with accents of their own may become other tokens.',
};

const SPACE_PREFIX: Warning = {
  code: 'CONVERT_SPACE_PREFIX',
  message:
    'The tokenizer puts one space before the beginning of a text; llama.cpp does so after every special token, and before a space too.',
};

/** What llama.cpp does of every piece of text that follows a special token or the beginning. */
const SPACE_BEFORE_EVERY_TEXT: JsonObject = {
  type: 'Sequence',
  normalizers: [
    { type: 'Prepend', prepend: '▁' },
    { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  ],
};

function isOf(value: JsonValue, type: string): value is JsonObject {
  return isJsonObject(value) && value['type'] === type;
}

/** The original takes every number of Unicode for a digit, its counterpart in JavaScript only 0 to 9. */
function withUnicodeDigits(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  if (value['type'] === 'Digits') {
    const regex = value['individual_digits'] === true ? String.raw`\p{N}` : String.raw`\p{N}+`;
    return { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false };
  }
  const steps = value['pretokenizers'];
  return Array.isArray(steps)
    ? { ...value, pretokenizers: steps.map((step) => withUnicodeDigits(step)) }
    : value;
}

/** transformers adds the special tokens of old files once more, found in the text as it was typed (`normalized: false`). */
function asTransformersAdds(tokens: JsonValue): JsonValue {
  if (!Array.isArray(tokens)) return tokens;
  return tokens.map((token) =>
    isJsonObject(token) && token['special'] === true ? { ...token, normalized: false } : token,
  );
}
