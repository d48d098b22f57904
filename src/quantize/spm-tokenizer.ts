/** The tokenizer of a SentencePiece model (`tokenizer.model`) as the metadata of a GGUF. Pure. Source: the GGUF specification, "Tokenizer". */
import { escapeText, isJsonObject, type JsonObject } from '../core/index.ts';
import type { SentencePieceModel } from '../hf/index.ts';
import { TOKEN_TYPES, type Vocabulary } from './bpe-tokenizer.ts';
import { QuantizeFailure } from './error.ts';
import { unsupported } from './hyperparameters.ts';

const BPE = 2;
/** Below that of every piece: an added token is never the result of merging. */
const ADDED_SCORE = -1000;

/** Throws `CONVERT_UNSUPPORTED`, `CONVERT_CONFIG_INVALID`. `added` is added_tokens.json, or what tokenizer_config.json lists. */
export function readSpmVocabulary(
  model: SentencePieceModel,
  added: ReadonlyMap<number, { readonly text: string; readonly isSpecial: boolean }>,
  size: number,
): Vocabulary {
  if (model.modelType !== BPE) {
    throw unsupported('its SentencePiece model is no BPE', {
      expected: 'model_type BPE (2)',
      received: String(model.modelType),
    });
  }
  if (model.hasCharacterMap || model.removesExtraSpaces) {
    throw unsupported('its SentencePiece model changes texts first', {
      expected: 'the identity normalizer that keeps spaces',
      received: model.hasCharacterMap ? 'a table of characters' : 'remove_extra_whitespaces',
    });
  }
  const { pieces } = model;
  if (pieces.length > size) throw tooMany(size, pieces.length);
  const rows = Array.from({ length: size }, (_, id) => {
    const piece = pieces[id];
    const extra = added.get(id);
    if (extra !== undefined && piece?.text !== extra.text) {
      const type = extra.isSpecial ? TOKEN_TYPES.control : TOKEN_TYPES.userDefined;
      return { text: extra.text, score: ADDED_SCORE, type };
    }
    return piece ?? { text: `[PAD${id}]`, score: ADDED_SCORE, type: TOKEN_TYPES.unused };
  });
  const last = Math.max(-1, ...added.keys());
  if (last >= size) throw tooMany(size, last + 1);
  const tokens = rows.map(({ text }) => text);
  const types = rows.map(({ type }) => type);
  return {
    tokens,
    types,
    ids: new Map(tokens.map((text, id) => [text, id])),
    metadata: [
      ['tokenizer.ggml.model', { kind: 'string', value: 'llama' }],
      ['tokenizer.ggml.pre', { kind: 'string', value: 'default' }],
      ['tokenizer.ggml.tokens', { kind: 'array', itemKind: 'string', items: tokens }],
      [
        'tokenizer.ggml.scores',
        { kind: 'array', itemKind: 'float32', items: rows.map(({ score }) => score) },
      ],
      ['tokenizer.ggml.token_type', { kind: 'array', itemKind: 'int32', items: types }],
      ['tokenizer.ggml.add_space_prefix', { kind: 'bool', value: model.addsDummyPrefix }],
    ],
  };
}

/** `added_tokens_decoder` of tokenizer_config.json, or the older added_tokens.json. */
export function readAddedPieces(
  tokenizerConfig: JsonObject | null,
  addedTokens: JsonObject | null,
): ReadonlyMap<number, { readonly text: string; readonly isSpecial: boolean }> {
  const found = new Map<number, { readonly text: string; readonly isSpecial: boolean }>();
  for (const [text, id] of Object.entries(addedTokens ?? {})) {
    if (typeof id === 'number') found.set(id, { text, isSpecial: false });
  }
  const decoder = tokenizerConfig?.['added_tokens_decoder'];
  for (const [id, token] of Object.entries(isJsonObject(decoder) ? decoder : {})) {
    const text = isJsonObject(token) ? token['content'] : undefined;
    if (isJsonObject(token) && typeof text === 'string') {
      found.set(Number(id), { text, isSpecial: token['special'] === true });
    }
  }
  return found;
}

function tooMany(size: number, received: number): QuantizeFailure {
  return new QuantizeFailure(
    'CONVERT_CONFIG_INVALID',
    `The tokenizer has more tokens than the model has embeddings.`,
    {
      details: { expected: `at most ${size} tokens`, received: escapeText(`${received} tokens`) },
    },
  );
}
