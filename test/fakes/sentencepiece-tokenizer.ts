/** A small SentencePiece BPE, as the tokenizer.model that its trainer would write and as the tokenizer.json that transformers would. */
import { HARD_STRINGS } from '../../src/quantize/hard-strings.ts';
import { addedTokens, train, type Json } from './trained-tokenizer.ts';

export interface Piece {
  readonly text: string;
  readonly score: number;
  /** `SentencePiece.Type`. */
  readonly type: number;
}

export const NORMAL = 1;
export const UNKNOWN = 2;
export const CONTROL = 3;
export const USER_DEFINED = 4;
export const UNUSED = 5;
const BYTE = 6;

/** Characters that are seen once only have no piece, and fall back to bytes. No two pieces make the text of a special token. */
export function trainedPieces(): readonly Piece[] {
  const corpus = HARD_STRINGS.filter((text) => !text.includes('<s>')).map((text) => [
    ...`▁${text.replaceAll(' ', '▁')}`,
  ]);
  const counts = new Map<string, number>();
  for (const letter of corpus.flat()) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const letters = [...counts].filter(([, count]) => count > 1).map(([letter]) => letter);
  const known = new Set(letters);
  const texts = corpus.map((text) => text.map((letter) => (known.has(letter) ? letter : '\0')));
  const { tokens } = train(letters, texts, 500);
  const merged = tokens.slice(letters.length).filter((token) => !token.includes('\0'));
  return [
    { text: '<unk>', score: 0, type: UNKNOWN },
    { text: '<s>', score: 0, type: CONTROL },
    { text: '</s>', score: 0, type: CONTROL },
    ...Array.from({ length: 256 }, (_, byte) => ({
      text: `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
      score: 0,
      type: BYTE,
    })),
    ...[...merged, ...letters].map((text, index) => ({ text, score: -index, type: NORMAL })),
  ];
}

export interface ModelChanges {
  readonly kind?: number;
  readonly byteFallback?: boolean;
  readonly spaceAsSuffix?: boolean;
  readonly charsmap?: Uint8Array;
  readonly addDummyPrefix?: boolean;
  readonly removeExtraWhitespaces?: boolean;
}

/** sentencepiece_model.proto. */
export function sentencePieceModel(
  pieces: readonly Piece[],
  {
    kind = 2,
    byteFallback = true,
    spaceAsSuffix = false,
    charsmap = new Uint8Array(0),
    addDummyPrefix = true,
    removeExtraWhitespaces = false,
  }: ModelChanges = {},
): Buffer {
  const flag = (number: number, value: boolean): Buffer =>
    Buffer.concat([varint(number * 8), varint(Number(value))]);
  return Buffer.concat([
    ...pieces.map(({ text, score, type }) => {
      const float = Buffer.alloc(4);
      float.writeFloatLE(score);
      return message(
        1,
        Buffer.concat([message(1, Buffer.from(text)), Buffer.from([0x15]), float, Buffer.from([0x18, type])]),
      );
    }),
    message(2, Buffer.concat([Buffer.from([0x18, kind]), flag(24, spaceAsSuffix), flag(35, byteFallback)])),
    message(
      3,
      Buffer.concat([
        message(1, Buffer.from('identity')),
        message(2, charsmap),
        flag(3, addDummyPrefix),
        flag(4, removeExtraWhitespaces),
      ]),
    ),
  ]);
}

function message(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest % 128) + (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** As transformers converts it: every two pieces that make a third are a merge, in the order of its score. */
export function sentencePieceJson(pieces: readonly Piece[], changes: Json = {}): Json {
  const ids = new Map(pieces.map(({ text }, id) => [text, id]));
  const merges = pieces
    .filter(({ type }) => type === NORMAL)
    .toSorted((a, b) => b.score - a.score)
    .flatMap(({ text }) =>
      Array.from({ length: text.length - 1 }, (_, at) => [text.slice(0, at + 1), text.slice(at + 1)] as const)
        .filter(([left, right]) => ids.has(left) && ids.has(right))
        .toSorted((a, b) => (ids.get(a[0]) ?? 0) - (ids.get(b[0]) ?? 0)),
    );
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(0, ['<unk>', '<s>', '</s>']),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(ids),
      merges,
    },
    ...changes,
  };
}
