/**
 * Reads a SentencePiece model (tokenizer.model): its pieces, and what it does to a text before it cuts it. Source:
 * google/sentencepiece, sentencepiece_model.proto, whose defaults are those of fields that are not written. Pure.
 */
import { HfFailure } from './error.ts';
import { MAX_SCANNED_KEYS } from './limits.ts';
import { FIXED32, LENGTH_DELIMITED, readVarint, VARINT, walkFields, type Field } from './protobuf.ts';

export type SentencePieceType = 'normal' | 'unknown' | 'control' | 'user-defined' | 'unused' | 'byte';

export interface SentencePiece {
  readonly text: string;
  /** The higher, the earlier it is merged. */
  readonly score: number;
  readonly type: SentencePieceType;
}

export interface SentencePieceModel {
  /** Their places are their numbers. */
  readonly pieces: readonly SentencePiece[];
  readonly kind: 'unigram' | 'bpe' | 'word' | 'char';
  /** What has no piece becomes the bytes of its UTF-8. */
  readonly fallsBackToBytes: boolean;
  /** A space belongs to the word before it, not to the one behind. */
  readonly hasSpaceAsSuffix: boolean;
  /** Rules that change the text, such as NFKC; false for `identity`. */
  readonly changesText: boolean;
  readonly addsSpacePrefix: boolean;
  readonly removesExtraSpaces: boolean;
  /** A space is written as U+2581. */
  readonly escapesSpaces: boolean;
}

/** Throws `HF_TOKENIZER_INVALID`. `name` is of the file, for messages. */
export function parseSentencePiece(bytes: Uint8Array, name: string): SentencePieceModel {
  const pieces: SentencePiece[] = [];
  const specification: Specification = { numbers: new Map(), charsmapBytes: 0 };
  const isSound = walkFields(bytes, 0, bytes.length, (field) => {
    if (field.wireType !== LENGTH_DELIMITED) return false;
    if (field.number === PIECES) {
      const piece = readPiece(bytes, field);
      if (piece === null || pieces.length >= MAX_SCANNED_KEYS) return false;
      pieces.push(piece);
      return true;
    }
    return readSpecification(bytes, field, specification);
  });
  if (!isSound) throw invalid(name, `a SentencePiece model of at most ${MAX_SCANNED_KEYS} pieces`);
  if (pieces.length === 0) throw invalid(name, 'pieces');
  const number = (key: string, standard: number): number => specification.numbers.get(key) ?? standard;
  const kind = KINDS[number('trainer.3', 1)];
  if (kind === undefined) throw invalid(name, 'a known kind of model');
  return {
    pieces,
    kind,
    fallsBackToBytes: number('trainer.35', 0) !== 0,
    hasSpaceAsSuffix: number('trainer.24', 0) !== 0,
    changesText: specification.charsmapBytes > 0,
    addsSpacePrefix: number('normalizer.3', 1) !== 0,
    removesExtraSpaces: number('normalizer.4', 1) !== 0,
    escapesSpaces: number('normalizer.5', 1) !== 0,
  };
}

/** `ModelProto`. */
const PIECES = 1;
const SPECIFICATIONS: Readonly<Record<number, 'trainer' | 'normalizer'>> = { 2: 'trainer', 3: 'normalizer' };
/** `NormalizerSpec.precompiled_charsmap`. */
const CHARSMAP = 2;

/** `TrainerSpec.ModelType`, from 1. */
const KINDS: readonly (SentencePieceModel['kind'] | undefined)[] = [
  undefined,
  'unigram',
  'bpe',
  'word',
  'char',
];

/** `SentencePiece.Type`, from 1. */
const TYPES: readonly (SentencePieceType | undefined)[] = [
  undefined,
  'normal',
  'unknown',
  'control',
  'user-defined',
  'unused',
  'byte',
];

interface Specification {
  /** Of the fields that matter, by message and field; the last of a field counts, as the encoding says. */
  readonly numbers: Map<string, number>;
  charsmapBytes: number;
}

/** `TrainerSpec.{model_type, treat_whitespace_as_suffix, byte_fallback}`, `NormalizerSpec.{add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces}`. */
const NUMBERS = new Set([
  'trainer.3',
  'trainer.24',
  'trainer.35',
  'normalizer.3',
  'normalizer.4',
  'normalizer.5',
]);

function readPiece(bytes: Uint8Array, { start, end }: Field): SentencePiece | null {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  let score = 0;
  let type: SentencePieceType | undefined = 'normal';
  const isSound = walkFields(bytes, start, end, (field) => {
    switch (field.number) {
      case 1:
        if (field.wireType !== LENGTH_DELIMITED) return false;
        try {
          text = decoder.decode(bytes.subarray(field.start, field.end));
          return true;
        } catch {
          return false;
        }
      case 2:
        if (field.wireType !== FIXED32 || field.end > end) return false;
        score = view.getFloat32(field.start, true);
        return Number.isFinite(score);
      case 3:
        if (field.wireType !== VARINT) return false;
        type = TYPES[readVarint(bytes, field.start, field.end)?.value ?? 0];
        return type !== undefined;
      default:
        return false;
    }
  });
  return isSound && type !== undefined && text !== '' ? { text, score, type } : null;
}

function readSpecification(bytes: Uint8Array, { number, start, end }: Field, into: Specification): boolean {
  const message = SPECIFICATIONS[number];
  return walkFields(bytes, start, end, (field) => {
    if (message === undefined) return true;
    const key = `${message}.${field.number}`;
    if (field.wireType === VARINT && NUMBERS.has(key)) {
      into.numbers.set(key, readVarint(bytes, field.start, field.end)?.value ?? 0);
    }
    if (message === 'normalizer' && field.number === CHARSMAP) into.charsmapBytes = field.end - field.start;
    return true;
  });
}

function invalid(name: string, expected: string): HfFailure {
  return new HfFailure('HF_TOKENIZER_INVALID', `${name} is no tokenizer: it should hold ${expected}.`, {
    details: { path: name, expected, received: 'something else' },
  });
}
