/** Tells plain UTF-8 text, and cuts it for searching without ever holding it twice. Pure. */
import { isUtf8 } from 'node:buffer';

/** UTF-8 throughout, and no control character but tab, line feed, form feed and carriage return. */
export function isPlainText(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && !hasControl(bytes);
}

/** The same of the start of a file, where the last character may be cut. */
export function startsAsText(head: Uint8Array): boolean {
  for (let cut = 0; cut <= 3 && cut <= head.length; cut += 1) {
    if (isUtf8(head.subarray(0, head.length - cut))) return !hasControl(head);
  }
  return false;
}

const WINDOW_BYTES = 1024 * 1024;

/** Parts that overlap, one character for one byte; a match of up to `overlapBytes` is whole in one of them. */
export function* textWindows(bytes: Uint8Array, overlapBytes: number): Generator<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 0; start < buffer.length; start += WINDOW_BYTES) {
    yield buffer.toString('latin1', start, start + WINDOW_BYTES + overlapBytes);
  }
}

/** Lines without their end, one character for one byte; of a long one the first `maxBytes`. */
export function* textLines(bytes: Uint8Array, maxBytes: number): Generator<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 0; start < buffer.length;) {
    const found = buffer.indexOf(0x0a, start);
    const end = found < 0 ? buffer.length : found;
    const line = buffer.toString('latin1', start, Math.min(end, start + maxBytes));
    yield line.endsWith('\r') ? line.slice(0, -1) : line;
    start = end + 1;
  }
}

function hasControl(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d) return true;
  }
  return false;
}
