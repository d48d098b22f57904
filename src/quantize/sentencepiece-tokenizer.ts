/**
 * The tokenizer of a SentencePiece BPE (Llama 2, Mistral 7B) as the metadata of a GGUF: from tokenizer.model, or where there is
 * only tokenizer.json, from its merges. Pure. Source: google/sentencepiece; the GGUF specification, "Tokenizer"; llama.cpp,
 * `llm_tokenizer_spm_session`.
 */
import { isJsonObject, type JsonObject } from '../core/index.ts';
import type { SentencePieceModel, SentencePieceType } from '../hf/index.ts';
import { unsupported } from './hyperparameters.ts';
import { MAX_PIECE_CHARACTERS } from './limits.ts';
import { scoresOfMerges } from './merge-scores.ts';
import { addsSpacePrefix, assertSentencePieceDefinition } from './sentencepiece-definition.ts';
import { toDefinition } from './sentencepiece-reference.ts';
import { collectAddedTokens, type TokenizerFiles } from './tokenizer-files.ts';
import {
  fillVocabulary,
  invalid,
  LOWEST_SCORE,
  readAddedTokens,
  show,
  toId,
  TOKEN_TYPES,
  type NumberedToken,
  type Vocabulary,
} from './vocabulary.ts';

/** Throws `CONVERT_UNSUPPORTED`, `CONVERT_CONFIG_INVALID`. `size` is that of the table of embeddings. */
export function readSentencePieceVocabulary(files: TokenizerFiles, size: number): Vocabulary {
  const { tokenizer, sentencePiece } = files;
  if (tokenizer !== null) assertSentencePieceDefinition(tokenizer);
  if (sentencePiece !== null) assertPlainModel(sentencePiece);
  const pieces = sentencePiece === null ? fromMerges(tokenizer ?? {}) : fromModel(sentencePiece);
  const types = new Map(pieces.map(({ id, type }) => [id, type]));
  const added = collectAddedTokens(files).map(({ id, text, isSpecial }): NumberedToken => {
    const special = types.get(id) === TOKEN_TYPES.unknown ? TOKEN_TYPES.unknown : TOKEN_TYPES.control;
    return isSpecial
      ? { id, text, type: special, score: LOWEST_SCORE }
      : // llama.cpp looks for these in the text as it was typed.
        { id, text: text.replaceAll('▁', ' '), type: TOKEN_TYPES.userDefined, score: LOWEST_SCORE };
  });
  const table = fillVocabulary([...pieces, ...added], size);
  assertBytes(table.ids);
  const reference = tokenizer ?? toDefinition(files, pieces, added);
  return {
    ids: table.ids,
    reference,
    metadata: [
      ['tokenizer.ggml.model', { kind: 'string', value: 'llama' }],
      ['tokenizer.ggml.pre', { kind: 'string', value: 'default' }],
      ['tokenizer.ggml.tokens', { kind: 'array', itemKind: 'string', items: table.tokens }],
      ['tokenizer.ggml.scores', { kind: 'array', itemKind: 'float32', items: table.scores }],
      ['tokenizer.ggml.token_type', { kind: 'array', itemKind: 'int32', items: table.types }],
      ['tokenizer.ggml.add_space_prefix', { kind: 'bool', value: addsSpacePrefix(reference) }],
    ],
  };
}

/** What llama.cpp's reader of this kind does not do must not be asked for. */
function assertPlainModel(model: SentencePieceModel): void {
  const checks: readonly (readonly [boolean, string, string])[] = [
    [model.kind === 'bpe', 'a BPE', `a model of the kind ${model.kind}`],
    [model.fallsBackToBytes, 'bytes to fall back to', 'no bytes to fall back to'],
    [!model.changesText, 'texts left as they are', 'rules that change them (precompiled_charsmap)'],
    [!model.removesExtraSpaces, 'spaces left as they are', 'remove_extra_whitespaces'],
    [model.escapesSpaces, 'spaces written as U+2581', 'escape_whitespaces false'],
    [!model.hasSpaceAsSuffix, 'spaces before words', 'treat_whitespace_as_suffix'],
    [model.pieces.every(({ type }) => type !== 'unused'), 'no unused pieces', 'unused pieces'],
    [
      model.pieces.every(({ text }) => text.length <= MAX_PIECE_CHARACTERS),
      `pieces of at most ${MAX_PIECE_CHARACTERS} characters`,
      'longer ones',
    ],
  ];
  for (const [holds, expected, received] of checks) {
    if (!holds) throw unsupported(`its tokenizer.model has ${received}`, { expected, received });
  }
}

const TYPES: Readonly<Record<SentencePieceType, number>> = {
  normal: TOKEN_TYPES.normal,
  unknown: TOKEN_TYPES.unknown,
  control: TOKEN_TYPES.control,
  'user-defined': TOKEN_TYPES.userDefined,
  unused: TOKEN_TYPES.unused,
  byte: TOKEN_TYPES.byte,
};

function fromModel({ pieces }: SentencePieceModel): readonly NumberedToken[] {
  return pieces.map(({ text, score, type }, id) => ({
    id,
    text: type === 'user-defined' ? text.replaceAll('▁', ' ') : text,
    score,
    type: TYPES[type],
  }));
}

function fromMerges(tokenizer: JsonObject): readonly NumberedToken[] {
  const model = tokenizer['model'];
  const vocabulary = isJsonObject(model) ? model['vocab'] : undefined;
  if (!isJsonObject(model) || !isJsonObject(vocabulary)) {
    throw invalid('tokens and their numbers under "vocab"', show(vocabulary));
  }
  const added = new Set(readAddedTokens(tokenizer).map(({ text }) => text));
  const mergeable = Object.keys(vocabulary).filter((text) => !added.has(text) && !BYTE.test(text));
  const scores = scoresOfMerges(model, mergeable);
  return Object.entries(vocabulary).map(([text, id]) => ({
    id: toId(id),
    text,
    score: scores.get(text) ?? 0,
    type: typeOf(text, model['unk_token']),
  }));
}

function typeOf(text: string, unknown: unknown): number {
  if (text === unknown) return TOKEN_TYPES.unknown;
  return BYTE.test(text) ? TOKEN_TYPES.byte : TOKEN_TYPES.normal;
}

const BYTE = /^<0x[0-9A-F]{2}>$/;

/** llama.cpp ends the process where it needs one that is missing. */
function assertBytes(ids: ReadonlyMap<string, number>): void {
  for (let byte = 0; byte < 256; byte += 1) {
    const text = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
    if (!ids.has(text)) throw invalid('a token for every byte', `no ${text}`);
  }
}
