/** The wire format of protocol buffers: the fields of a message, none of which may leave it. Source: protobuf.dev, "Encoding". Pure. */

export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** Of its value, without the length in front. */
  readonly start: number;
  readonly end: number;
}

export const VARINT = 0;
const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
export const FIXED32 = 5;

/** False as soon as a field is broken, leaves its message, or is not accepted. */
export function walkFields(
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
export function readVarint(
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
