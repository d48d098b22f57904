/**
 * Recognizes a SentencePiece model by the wire format of the whole file: only the messages and fields that its schema has.
 * Source: google/sentencepiece, sentencepiece_model.proto; protobuf.dev, "Encoding". Pure.
 */
import { isUtf8 } from 'node:buffer';

/** Whether every byte belongs to a SentencePiece model with at least one piece. */
export function isSentencePiece(bytes: Uint8Array): boolean {
  let pieceCount = 0;
  const isSound = walkFields(bytes, 0, bytes.length, ({ number, wireType, start, end }) => {
    if (wireType !== LENGTH_DELIMITED) return false;
    if (number === PIECES) {
      pieceCount += 1;
      return isPiece(bytes, start, end);
    }
    return MESSAGES.has(number) && walkFields(bytes, start, end, ({ number }) => number < FIRST_EXTENSION);
  });
  return isSound && pieceCount > 0;
}

interface Field {
  readonly number: number;
  readonly wireType: number;
  /** Of its value, without the length in front. */
  readonly start: number;
  readonly end: number;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** `ModelProto.pieces`; the others: trainer_spec, normalizer_spec, self_test_data, denormalizer_spec. */
const PIECES = 1;
const MESSAGES = new Set([2, 3, 4, 5]);
/** "extensions 200 to max": whatever somebody else put there is not a part of the format. */
const FIRST_EXTENSION = 200;

/** `SentencePiece`: 1 piece (text), 2 score (float), 3 type (enum). */
function isPiece(bytes: Uint8Array, start: number, end: number): boolean {
  return walkFields(bytes, start, end, (field) => {
    if (field.number === 1) {
      return field.wireType === LENGTH_DELIMITED && isUtf8(bytes.subarray(field.start, field.end));
    }
    if (field.number === 2) return field.wireType === FIXED32;
    return field.number === 3 && field.wireType === VARINT;
  });
}

/** False as soon as a field is broken, leaves its message, or is not accepted. */
function walkFields(
  bytes: Uint8Array,
  start: number,
  end: number,
  accept: (field: Field) => boolean,
): boolean {
  let at = start;
  while (at < end) {
    const tag = readVarint(bytes, at, end);
    if (tag === null) return false;
    const wireType = tag.value % 8;
    const number = Math.floor(tag.value / 8);
    const value = findValue(bytes, tag.end, end, wireType);
    if (number === 0 || value === null || value.end > end) return false;
    if (!accept({ number, wireType, ...value })) return false;
    at = value.end;
  }
  return true;
}

function findValue(
  bytes: Uint8Array,
  at: number,
  end: number,
  wireType: number,
): { readonly start: number; readonly end: number } | null {
  switch (wireType) {
    case VARINT: {
      const varint = readVarint(bytes, at, end);
      return varint === null ? null : { start: at, end: varint.end };
    }
    case FIXED64:
      return { start: at, end: at + 8 };
    case LENGTH_DELIMITED: {
      const length = readVarint(bytes, at, end);
      return length === null ? null : { start: length.end, end: length.end + length.value };
    }
    case FIXED32:
      return { start: at, end: at + 4 };
    // Groups and what was never given out.
    default:
      return null;
  }
}

/** At most ten bytes; digits beyond 2^53 are lost, where the value is only skipped or far too large. */
function readVarint(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let index = 0; index < 10; index += 1) {
    const byte = start + index < end ? bytes[start + index] : undefined;
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  return null;
}
