/**
 * How tokenizer.json writes down a SentencePiece BPE: whatever else is asked for there is not what llama.cpp does. Pure.
 * Source: transformers, `LlamaConverter`; huggingface/tokenizers, `Prepend`, `Metaspace`.
 */
import { formatJson, isJsonObject, toJsonTree, type JsonObject, type JsonValue } from '../core/index.ts';
import { unsupported } from './hyperparameters.ts';
import { show } from './vocabulary.ts';

/** Whether it is a BPE that falls back to bytes, as SentencePiece does, and byte-level ones do not. */
export function isSentencePieceDefinition(tokenizer: JsonObject): boolean {
  const model = tokenizer['model'];
  return isJsonObject(model) && model['type'] === 'BPE' && model['byte_fallback'] === true;
}

/** Throws `CONVERT_UNSUPPORTED`. */
export function assertSentencePieceDefinition(tokenizer: JsonObject): void {
  const model = tokenizer['model'];
  if (!isJsonObject(model) || !isSentencePieceDefinition(tokenizer)) {
    throw unsupported('tokenizer.model and tokenizer.json are of different kinds', {
      expected: 'a BPE with byte_fallback',
      received: isJsonObject(model) ? show(model['type']) : 'none',
    });
  }
  for (const key of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix', 'ignore_merges']) {
    const value = model[key] ?? null;
    if (value === null || value === '' || value === false) continue;
    throw unsupported(`its tokenizer has ${key}`, { expected: `no ${key}`, received: show(value) });
  }
  spaceHandling(tokenizer);
}

/** Whether a text gets a space in front. Throws `CONVERT_UNSUPPORTED`. */
export function addsSpacePrefix(tokenizer: JsonObject): boolean {
  return spaceHandling(tokenizer).addsPrefix;
}

function spaceHandling(tokenizer: JsonObject): { readonly addsPrefix: boolean } {
  const normalizer = tokenizer['normalizer'] ?? null;
  const preTokenizer = tokenizer['pre_tokenizer'] ?? null;
  if (preTokenizer === null) {
    if (isSame(normalizer, sequence(PREPEND, REPLACE))) return { addsPrefix: true };
    if (isSame(normalizer, REPLACE) || isSame(normalizer, sequence(REPLACE))) return { addsPrefix: false };
  }
  if (normalizer === null && isJsonObject(preTokenizer) && isPlainMetaspace(preTokenizer)) {
    return { addsPrefix: preTokenizer['prepend_scheme'] !== 'never' };
  }
  throw unsupported('its tokenizer treats spaces in a way that is not known', {
    expected: 'Prepend and Replace as normalizer, or Metaspace as pre_tokenizer',
    received: `${show(normalizer)} and ${show(preTokenizer)}`,
  });
}

export const PREPEND: JsonObject = { type: 'Prepend', prepend: '▁' };
export const REPLACE: JsonObject = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };

export function sequence(...normalizers: JsonObject[]): JsonObject {
  return { type: 'Sequence', normalizers };
}

/** With `split`, no token could hold two words. */
function isPlainMetaspace(value: JsonObject): boolean {
  const scheme = value['prepend_scheme'];
  return (
    value['type'] === 'Metaspace' &&
    value['replacement'] === '▁' &&
    value['split'] === false &&
    (scheme === 'first' || scheme === 'always' || scheme === 'never')
  );
}

function isSame(value: JsonValue, other: JsonObject): boolean {
  return (
    isJsonObject(value) && formatJson(toJsonTree(sorted(value))) === formatJson(toJsonTree(sorted(other)))
  );
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item) => sorted(item));
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).toSorted();
  return Object.fromEntries(keys.map((key): [string, JsonValue] => [key, sorted(value[key] ?? null)]));
}
