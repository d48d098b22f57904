/** The tokens of a model as a GGUF lists them, and what is common to the files that they come from. Pure. Source: gguf-py, `TokenType`. */
import { escapeText, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import type { GgufValue } from '../gguf/index.ts';
import { QuantizeFailure } from './error.ts';

/** `tokenizer.ggml.token_type`. */
export const TOKEN_TYPES = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface Vocabulary {
  /** By text: where special tokens are looked up. */
  readonly ids: ReadonlyMap<string, number>;
  readonly metadata: readonly (readonly [string, GgufValue])[];
  /** As tokenizer.json defines it: what the converted tokenizer is held against. */
  readonly reference: JsonObject;
}

export interface NumberedToken {
  readonly id: number;
  readonly text: string;
  readonly type: number;
  readonly score: number;
}

export interface AddedToken {
  readonly id: number;
  readonly text: string;
  readonly isSpecial: boolean;
}

export interface TokenTable {
  /** As many as the table of embeddings has rows. */
  readonly tokens: readonly string[];
  readonly types: readonly number[];
  readonly scores: readonly number[];
  readonly ids: ReadonlyMap<string, number>;
}

/** A later token replaces an earlier one with its number; rows that no token has are filled. Throws `CONVERT_CONFIG_INVALID`. */
export function fillVocabulary(tokens: readonly NumberedToken[], size: number): TokenTable {
  const table: (NumberedToken | undefined)[] = Array.from({ length: size });
  for (const token of tokens) {
    const { id, text } = token;
    if (id >= size) throw invalid(`a token below ${size}`, `${escapeText(text, 60)} with the number ${id}`);
    table[id] = token;
  }
  const ids = new Map<string, number>();
  const filled = table.map((token, id) => token ?? filler(id));
  for (const [id, { text }] of filled.entries()) {
    // llama.cpp ends the process at the second one.
    if (ids.has(text)) throw invalid('every token once', `${escapeText(text, 60)} twice`);
    if (text === '') throw invalid('a text for every token', `an empty one with the number ${id}`);
    ids.set(text, id);
  }
  return {
    tokens: filled.map(({ text }) => text),
    types: filled.map(({ type }) => type),
    scores: filled.map(({ score }) => score),
    ids: new Map([...ids].filter(([, id]) => table[id] !== undefined)),
  };
}

function filler(id: number): NumberedToken {
  return { id, text: `[PAD${id}]`, type: TOKEN_TYPES.unused, score: LOWEST_SCORE };
}

/** Below that of every token that is merged. */
export const LOWEST_SCORE = -1e9;

/** `added_tokens` of tokenizer.json: they come after the others, and replace them. Throws `CONVERT_CONFIG_INVALID`. */
export function readAddedTokens(tokenizer: JsonObject): readonly AddedToken[] {
  const added = tokenizer['added_tokens'] ?? [];
  if (!Array.isArray(added)) throw invalid('a list under "added_tokens"', show(added));
  return added.map((token) => {
    const text = isJsonObject(token) ? token['content'] : undefined;
    if (!isJsonObject(token) || typeof text !== 'string')
      throw invalid('text for every added token', show(token));
    return { id: toId(token['id']), text, isSpecial: token['special'] === true };
  });
}

export function toId(value: JsonValue | undefined): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw invalid('a whole number for every token', show(value));
}

export function show(value: JsonValue | undefined): string {
  return value === undefined ? 'nothing' : escapeText(JSON.stringify(value).slice(0, 200), 100);
}

export function invalid(expected: string, received: string): QuantizeFailure {
  return new QuantizeFailure(
    'CONVERT_CONFIG_INVALID',
    `The tokenizer should have ${expected}, and has ${received}.`,
    {
      details: { expected, received },
    },
  );
}
