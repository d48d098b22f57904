/**
 * The tokenizer of a byte-level BPE (`tokenizer.json`) as the metadata of a GGUF. Pure. Source: huggingface/tokenizers,
 * `TokenizerImpl`; the GGUF specification, "Tokenizer"; gguf-py, `TokenType`.
 */
import { escapeText, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import type { GgufValue } from '../gguf/index.ts';
import { QuantizeFailure } from './error.ts';
import { unsupported } from './hyperparameters.ts';
import { recognizePreTokenizer } from './pre-tokenizer.ts';

/** `tokenizer.ggml.token_type`. */
export const TOKEN_TYPES = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface Vocabulary {
  /** As many as the table of embeddings has rows. */
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  /** By text: where special tokens are looked up. */
  readonly ids: ReadonlyMap<string, number>;
  readonly metadata: readonly (readonly [string, GgufValue])[];
}

/** Throws `CONVERT_UNSUPPORTED`, `CONVERT_CONFIG_INVALID`. `size` is that of the table of embeddings. */
export function readBpeVocabulary(tokenizer: JsonObject, size: number): Vocabulary {
  const model = tokenizer['model'];
  if (!isJsonObject(model) || model['type'] !== 'BPE') {
    const received = isJsonObject(model) ? show(model['type']) : 'none';
    throw unsupported('its tokenizer is no BPE', { expected: 'BPE', received });
  }
  assertByteLevel(tokenizer, model);
  const pre = recognizePreTokenizer(tokenizer);
  const tokens: (string | undefined)[] = Array.from({ length: size });
  const types = Array.from({ length: size }, (): number => TOKEN_TYPES.unused);
  for (const { id, text, type } of [...readModelTokens(model), ...readAddedTokens(tokenizer)]) {
    if (id >= size) throw invalid(`a token below ${size}`, `${escapeText(text, 60)} with the number ${id}`);
    tokens[id] = text;
    types[id] = type;
  }
  const filled = tokens.map((text, id) => text ?? `[PAD${id}]`);
  const ids = new Map(tokens.flatMap((text, id) => (text === undefined ? [] : [[text, id] as const])));
  const merges = readMerges(model);
  return {
    tokens: filled,
    types,
    ids,
    metadata: [
      ['tokenizer.ggml.model', { kind: 'string', value: 'gpt2' }],
      ['tokenizer.ggml.pre', { kind: 'string', value: pre }],
      ['tokenizer.ggml.tokens', { kind: 'array', itemKind: 'string', items: filled }],
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

interface TokenOfId {
  readonly id: number;
  readonly text: string;
  readonly type: number;
}

function readModelTokens(model: JsonObject): readonly TokenOfId[] {
  const vocabulary = model['vocab'];
  if (!isJsonObject(vocabulary)) throw invalid('tokens and their numbers under "vocab"', show(vocabulary));
  return Object.entries(vocabulary).map(([text, id]) => ({ id: toId(id), text, type: TOKEN_TYPES.normal }));
}

/** They come after the others, and replace them. */
function readAddedTokens(tokenizer: JsonObject): readonly TokenOfId[] {
  const added = tokenizer['added_tokens'] ?? [];
  if (!Array.isArray(added)) throw invalid('a list under "added_tokens"', show(added));
  return added.map((token) => {
    const text = isJsonObject(token) ? token['content'] : undefined;
    if (!isJsonObject(token) || typeof text !== 'string')
      throw invalid('text for every added token', show(token));
    const type = token['special'] === true ? TOKEN_TYPES.control : TOKEN_TYPES.userDefined;
    return { id: toId(token['id']), text, type };
  });
}

/** Old files write `"a b"`, newer ones `["a", "b"]`. */
function readMerges(model: JsonObject): readonly string[] {
  const merges = model['merges'];
  if (!Array.isArray(merges) || merges.length === 0) throw invalid('a list of merges', show(merges));
  return merges.map((merge) => {
    if (typeof merge === 'string' && /^[^ ]+ [^ ]+$/.test(merge)) return merge;
    const [left, right, more] = Array.isArray(merge) ? merge : [];
    if (typeof left !== 'string' || typeof right !== 'string' || more !== undefined) {
      throw invalid('two tokens for every merge', show(merge));
    }
    // llama.cpp reads a merge as two words with a space between; byte-level tokens hold none.
    if (left.includes(' ') || right.includes(' ')) throw invalid('merges without spaces', show(merge));
    return `${left} ${right}`;
  });
}

function toId(value: JsonValue | undefined): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw invalid('a whole number for every token', show(value));
}

function show(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : escapeText(JSON.stringify(value).slice(0, 200), 100);
}

function invalid(expected: string, received: string): QuantizeFailure {
  return new QuantizeFailure('CONVERT_CONFIG_INVALID', `tokenizer.json should have ${expected}.`, {
    details: { expected, received },
  });
}
