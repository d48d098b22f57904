/**
 * Gzip members (RFC 1952) made of stored deflate blocks (RFC 1951 §3.2.4), framed by hand: given the payload, every
 * byte has exactly one value, and the length is known before the first byte is written.
 */
import { crc32 } from 'node:zlib';
import { concat } from './tar-header.ts';

/** What a full block carries: with its five-byte header a frame is 64 KiB. */
export const BLOCK_PAYLOAD_BYTES = 65_531;
export const BLOCK_HEADER_BYTES = 5;
/** Read or written at once: a header and a block each, far below IOV_MAX (1024) buffers. */
export const BLOCKS_PER_CHUNK = 64;
export const CHUNK_PAYLOAD_BYTES = BLOCKS_PER_CHUNK * BLOCK_PAYLOAD_BYTES;
export const GZIP_HEADER_BYTES = 10;
export const GZIP_TRAILER_BYTES = 8;

/** No flags, no time, system unknown: nothing that could differ. */
export const GZIP_HEADER: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);

/** The size of the member that holds a payload. */
export function memberBytes(payloadBytes: number): number {
  return (
    GZIP_HEADER_BYTES + blockCount(payloadBytes) * BLOCK_HEADER_BYTES + payloadBytes + GZIP_TRAILER_BYTES
  );
}

/** A payload is at least one block, if an empty one. */
export function blockCount(payloadBytes: number): number {
  return Math.max(1, Math.ceil(payloadBytes / BLOCK_PAYLOAD_BYTES));
}

/** BFINAL, BTYPE 00, then LEN and its complement. */
export function blockHeader(payloadBytes: number, isFinal: boolean): Uint8Array {
  const header = new Uint8Array(BLOCK_HEADER_BYTES);
  const view = new DataView(header.buffer);
  header[0] = isFinal ? 1 : 0;
  view.setUint16(1, payloadBytes, true);
  view.setUint16(3, ~payloadBytes & 0xffff, true);
  return header;
}

/** CRC-32, and the length modulo 2^32. */
export function memberTrailer(crc: number, payloadBytes: number): Uint8Array {
  const trailer = new Uint8Array(GZIP_TRAILER_BYTES);
  const view = new DataView(trailer.buffer);
  view.setUint32(0, crc, true);
  view.setUint32(4, payloadBytes % 2 ** 32, true);
  return trailer;
}

/** A whole member, for small payloads. */
export function formatMember(payload: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [GZIP_HEADER];
  const count = blockCount(payload.length);
  for (let index = 0; index < count; index += 1) {
    const block = payload.subarray(index * BLOCK_PAYLOAD_BYTES, (index + 1) * BLOCK_PAYLOAD_BYTES);
    parts.push(blockHeader(block.length, index === count - 1), block);
  }
  return concat([...parts, memberTrailer(crc32(payload), payload.length)]);
}

/** Empty members that take up exactly so many bytes: the room that FEXTRA gives (one subfield `ME`, zeros). */
export function formatFill(sizeBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let rest = sizeBytes;
  // Half a member at a time, so that what is left is never too small for one.
  for (; rest > MAX_FILL_BYTES; rest -= HALF_FILL_BYTES) parts.push(formatFillMember(HALF_FILL_BYTES));
  const last = formatFillMember(rest);
  return parts.length === 0 ? last : concat([...parts, last]);
}

/** Header, XLEN, subfield header, an empty stored block, trailer. */
export const MIN_FILL_BYTES = GZIP_HEADER_BYTES + 2 + 4 + BLOCK_HEADER_BYTES + GZIP_TRAILER_BYTES;
/** XLEN has 16 bits, and counts the subfield header. */
const MAX_FILL_BYTES = MIN_FILL_BYTES - 4 + 0xffff;
const HALF_FILL_BYTES = 32 * 1024;

function formatFillMember(sizeBytes: number): Uint8Array {
  const zeros = sizeBytes - MIN_FILL_BYTES;
  const member = new Uint8Array(sizeBytes);
  const view = new DataView(member.buffer);
  member.set(GZIP_HEADER);
  // FLG.FEXTRA (RFC 1952 §2.3.1); SI1 SI2 "ME" and LEN after XLEN (§2.3.1.1).
  member[3] = 4;
  view.setUint16(10, zeros + 4, true);
  member.set([0x4d, 0x45], 12);
  view.setUint16(14, zeros, true);
  member.set(blockHeader(0, true), 16 + zeros);
  return member;
}
