/**
 * The tokenizer of a byte-level BPE (`tokenizer.json`) as the metadata of a GGUF. Pure. Source: huggingface/tokenizers,
 * `TokenizerImpl`; the GGUF specification, "Tokenizer"; gguf-py, `TokenType`.
 */
import { isJsonObject, type JsonObject } from '../core/index.ts';
import { unsupported } from './hyperparameters.ts';
import { readMerges } from './merges.ts';
import { recognizePreTokenizer } from './pre-tokenizer.ts';
import {
  fillVocabulary,
  invalid,
  readAddedTokens,
  show,
  toId,
  TOKEN_TYPES,
  type NumberedToken,
  type Vocabulary,
} from './vocabulary.ts';

/** Throws `CONVERT_UNSUPPORTED`, `CONVERT_CONFIG_INVALID`. `size` is that of the table of embeddings. */
export function readBpeVocabulary(tokenizer: JsonObject, size: number): Vocabulary {
  const model = tokenizer['model'];
  if (!isJsonObject(model) || model['type'] !== 'BPE') {
    const received = isJsonObject(model) ? show(model['type']) : 'none';
    throw unsupported('its tokenizer is no BPE', { expected: 'BPE', received });
  }
  assertByteLevel(tokenizer, model);
  const pre = recognizePreTokenizer(tokenizer);
  const added = readAddedTokens(tokenizer).map((token) => ({
    id: token.id,
    text: token.text,
    type: token.isSpecial ? TOKEN_TYPES.control : TOKEN_TYPES.userDefined,
    score: 0,
  }));
  const { tokens, types, ids } = fillVocabulary([...readModelTokens(model), ...added], size);
  const merges = readMerges(model).map(([left, right]) => `${left} ${right}`);
  return {
    ids,
    reference: tokenizer,
    metadata: [
      ['tokenizer.ggml.model', { kind: 'string', value: 'gpt2' }],
      ['tokenizer.ggml.pre', { kind: 'string', value: pre }],
      ['tokenizer.ggml.tokens', { kind: 'array', itemKind: 'string', items: tokens }],
      ['tokenizer.ggml.token_type', { kind: 'array', itemKind: 'int32', items: types }],
      ['tokenizer.ggml.merges', { kind: 'array', itemKind: 'string', items: merges }],
    ],
  };
}

/** What llama.cpp's reader of this kind does not do must not be asked for. */
function assertByteLevel(tokenizer: JsonObject, model: JsonObject): void {
  const decoder = tokenizer['decoder'];
  if (!isJsonObject(decoder) || decoder['type'] !== 'ByteLevel') {
    throw unsupported('its tokenizer is not byte-level', {
      expected: 'a ByteLevel decoder',
      received: show(decoder),
    });
  }
  const normalizer = tokenizer['normalizer'] ?? null;
  // NFC changes nothing of texts that are typed on a keyboard, and llama.cpp leaves it out for Qwen too.
  const isPlain = normalizer === null || (isJsonObject(normalizer) && normalizer['type'] === 'NFC');
  if (!isPlain)
    throw unsupported('its tokenizer changes texts first', {
      expected: 'no normalizer, or NFC',
      received: show(normalizer),
    });
  for (const key of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix']) {
    const value = model[key] ?? null;
    if (value !== null && value !== '') {
      throw unsupported(`its tokenizer has ${key}`, { expected: `no ${key}`, received: show(value) });
    }
  }
  if (model['byte_fallback'] === true) {
    throw unsupported('its tokenizer falls back to bytes', {
      expected: 'byte_fallback false',
      received: 'true',
    });
  }
}

function readModelTokens(model: JsonObject): readonly NumberedToken[] {
  const vocabulary = model['vocab'];
  if (!isJsonObject(vocabulary)) throw invalid('tokens and their numbers under "vocab"', show(vocabulary));
  return Object.entries(vocabulary).map(([text, id]) => ({
    id: toId(id),
    text,
    type: TOKEN_TYPES.normal,
    score: 0,
  }));
}
