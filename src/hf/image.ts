/**
 * Recognizes the pictures of a model card by their structure from the first byte to the last: whatever follows the end of a
 * picture is what an archive hides behind. Nothing is decoded. Pure.
 */

export type ImageKind = 'PNG' | 'JPEG' | 'GIF' | 'WebP';

/** By the first 12 bytes. */
export function imageKind(head: Uint8Array): ImageKind | null {
  const text = Buffer.from(head.subarray(0, 12)).toString('latin1');
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (text.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (/^GIF8[79]a/.test(text)) return 'GIF';
  return text.startsWith('RIFF') && text.slice(8) === 'WEBP' ? 'WebP' : null;
}

/** What is wrong with the structure, as the end of a sentence ("the PNG … "), or null where it is whole. */
export function findImageFault(kind: ImageKind, bytes: Uint8Array): string | null {
  const end = WALKS[kind](Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  if (end === null) return 'breaks its format';
  return end === bytes.length ? null : `is followed by ${bytes.length - end} bytes that are no part of it`;
}

/** Where the picture ends, or null where it breaks its format. */
const WALKS: Readonly<Record<ImageKind, (bytes: Buffer) => number | null>> = {
  PNG: walkPng,
  JPEG: walkJpeg,
  GIF: walkGif,
  WebP: walkWebp,
};

/** PNG (W3C, third edition) §5.2 to 5.6: chunks of length, type, data and CRC, from IHDR to IEND. */
function walkPng(bytes: Buffer): number | null {
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const end = at + 12 + length;
    if (!/^[A-Za-z]{4}$/.test(type) || end > bytes.length) return null;
    if ((at === 8) !== (type === 'IHDR') || (type === 'IHDR' && length !== 13)) return null;
    if (type === 'IEND') return length === 0 ? end : null;
    at = end;
  }
  return null;
}

/** JPEG (ITU T.81) annex B: segments of marker and length; after SOS, data in which FF is followed by 00 or RST. */
function walkJpeg(bytes: Buffer): number | null {
  let at = 2;
  for (;;) {
    if (bytes[at] !== 0xff) return null;
    // B.1.1.2: any number of fill bytes.
    while (bytes[at + 1] === 0xff) at += 1;
    const marker = bytes[at + 1];
    if (marker === undefined || marker < 0xc0 || marker === 0xd8) return null;
    if (marker === 0xd9) return at + 2;
    if (marker >= 0xd0 && marker <= 0xd7) return null;
    if (at + 4 > bytes.length) return null;
    const length = bytes.readUInt16BE(at + 2);
    if (length < 2) return null;
    at += 2 + length;
    if (marker === 0xda) at = skipEntropyCoded(bytes, at);
  }
}

function skipEntropyCoded(bytes: Buffer, start: number): number {
  let at = bytes.indexOf(0xff, start);
  while (at >= 0) {
    const next = bytes[at + 1];
    const isData = next === 0 || (next !== undefined && next >= 0xd0 && next <= 0xd7);
    if (!isData) return at;
    at = bytes.indexOf(0xff, at + 2);
  }
  return bytes.length;
}

/** GIF89a §17 to 27: screen descriptor, then images and extensions of sub-blocks, then the trailer 3B. */
function walkGif(bytes: Buffer): number | null {
  if (bytes.length < 13) return null;
  let at = 13 + colorTableBytes(bytes[10] ?? 0);
  for (;;) {
    const introducer = bytes[at];
    if (introducer === 0x3b) return at + 1;
    if (introducer === 0x2c) {
      // The descriptor, its colour table, and the smallest code size.
      at += 10 + colorTableBytes(bytes[at + 9] ?? 0) + 1;
    } else if (introducer === 0x21) {
      at += 2;
    } else {
      return null;
    }
    const end = skipSubBlocks(bytes, at);
    if (end === null) return null;
    at = end;
  }
}

function colorTableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

function skipSubBlocks(bytes: Buffer, start: number): number | null {
  let at = start;
  for (;;) {
    const sizeBytes = bytes[at];
    if (sizeBytes === undefined) return null;
    at += 1 + sizeBytes;
    if (sizeBytes === 0) return at;
  }
}

/** RFC 9649 §2: a RIFF container whose size counts from byte 8, of chunks padded to an even length. */
function walkWebp(bytes: Buffer): number | null {
  if (bytes.length < 20) return null;
  const end = 8 + bytes.readUInt32LE(4);
  if (end > bytes.length || !/^VP8[ LX]$/.test(bytes.toString('latin1', 12, 16))) return null;
  let at = 12;
  while (at + 8 <= end) {
    if (!/^[\x20-\x7e]{4}$/.test(bytes.toString('latin1', at, at + 4))) return null;
    const length = bytes.readUInt32LE(at + 4);
    at += 8 + length + (length % 2);
  }
  return at === end ? end : null;
}
