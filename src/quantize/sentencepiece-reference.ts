/**
 * What tokenizer.json would say of a model that has only tokenizer.model, as transformers would write it: so that there is
 * something to hold the converted tokenizer against. Pure. Source: transformers, `LlamaConverter`.
 */
import type { JsonObject } from '../core/index.ts';
import { PREPEND, REPLACE, sequence } from './sentencepiece-definition.ts';
import type { TokenizerFiles } from './tokenizer-files.ts';
import { TOKEN_TYPES, type NumberedToken } from './vocabulary.ts';

export function toDefinition(
  { sentencePiece }: TokenizerFiles,
  pieces: readonly NumberedToken[],
  added: readonly NumberedToken[],
): JsonObject {
  const addedIds = new Set(added.map(({ id }) => id));
  const own = pieces.filter(({ id, type }) => ADDED_TYPES.has(type) && !addedIds.has(id));
  return {
    added_tokens: [...own, ...added].map(({ id, text, type }) => ({
      id,
      content: text,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: type !== TOKEN_TYPES.userDefined,
    })),
    normalizer: sentencePiece?.addsSpacePrefix === false ? REPLACE : sequence(PREPEND, REPLACE),
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      unk_token: pieces.find(({ type }) => type === TOKEN_TYPES.unknown)?.text ?? null,
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(pieces.map(({ id, text }) => [text, id])),
      merges: mergesOf(pieces).map((pair) => [...pair]),
    },
  };
}

const ADDED_TYPES: ReadonlySet<number> = new Set([
  TOKEN_TYPES.unknown,
  TOKEN_TYPES.control,
  TOKEN_TYPES.userDefined,
]);

/** Every two pieces that make a third, by the score of that. */
function mergesOf(pieces: readonly NumberedToken[]): readonly (readonly [string, string])[] {
  const ids = new Map(pieces.map(({ text, id }) => [text, id]));
  return pieces
    .filter(({ type }) => type === TOKEN_TYPES.normal)
    .toSorted((a, b) => b.score - a.score)
    .flatMap(({ text }) => {
      const pairs = Array.from(
        { length: text.length - 1 },
        (_, index) => [text.slice(0, index + 1), text.slice(index + 1)] as const,
      );
      return pairs
        .filter(([left, right]) => ids.has(left) && ids.has(right))
        .toSorted((a, b) => (ids.get(a[0]) ?? 0) - (ids.get(b[0]) ?? 0));
    });
}
