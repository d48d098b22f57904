/**
 * Recognizes a SentencePiece model by the wire format of the whole file: only the messages and fields that its schema has.
 * Source: google/sentencepiece, sentencepiece_model.proto; protobuf.dev, "Encoding". Pure.
 */
import { isUtf8 } from 'node:buffer';
import { FIXED32, LENGTH_DELIMITED, VARINT, walkFields } from './protobuf.ts';

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
