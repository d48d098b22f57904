/**
 * Tar headers of regular files as bundles write them: ustar (POSIX.1-1988), with a PAX header (POSIX.1-2001, pax,
 * "Extended Header") for a path or size only where ustar cannot say it, and then always. One legal form for each file.
 */
export interface TarFile {
  /** With the top folder. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
}

export const TAR_BLOCK_BYTES = 512;
/** Two blocks of zeros end an archive. */
export const TAR_END_BYTES = 2 * TAR_BLOCK_BYTES;

/** Eleven octal digits. */
export const MAX_USTAR_SIZE = 8 ** 11 - 1;

const NAME_BYTES = 100;
const PREFIX_BYTES = 155;

const ZERO_ID = '0000000\x00';
const MAGIC_AND_VERSION = 'ustar\x0000';

/** All header blocks that stand before the content of a file. */
export function formatTarHeader(file: TarFile): Uint8Array {
  const { path, sizeBytes, mtimeSeconds } = file;
  const place = splitPath(path);
  const records = [
    ...(place === null ? [paxRecord('path', path)] : []),
    ...(sizeBytes > MAX_USTAR_SIZE ? [paxRecord('size', String(sizeBytes))] : []),
  ];
  const name = place ?? { prefix: '', name: toAscii(path).slice(0, NAME_BYTES) };
  const size = sizeBytes > MAX_USTAR_SIZE ? 0 : sizeBytes;
  const header = formatBlock({ ...name, type: '0', sizeBytes: size, mtimeSeconds });
  if (records.length === 0) return header;
  const body = encode(records.join(''));
  const paxName = { prefix: '', name: `PaxHeaders/${toAscii(path)}`.slice(0, NAME_BYTES) };
  const pax = formatBlock({ ...paxName, type: 'x', sizeBytes: body.length, mtimeSeconds });
  return concat([pax, body, new Uint8Array(paddingOf(body.length)), header]);
}

/** The length of {@link formatTarHeader}. */
export function tarHeaderBytes(file: TarFile): number {
  if (splitPath(file.path) !== null && file.sizeBytes <= MAX_USTAR_SIZE) return TAR_BLOCK_BYTES;
  return formatTarHeader(file).length;
}

/** Zeros that fill the last block of a content of that length. */
export function paddingOf(sizeBytes: number): number {
  const rest = sizeBytes % TAR_BLOCK_BYTES;
  return rest === 0 ? 0 : TAR_BLOCK_BYTES - rest;
}

/** Joins pieces into one array. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** ustar: a name of 100 bytes, or a prefix of 155 and a name of 100 with the slash between them left out; ASCII only. */
function splitPath(path: string): { readonly prefix: string; readonly name: string } | null {
  if (toAscii(path) !== path) return null;
  if (path.length <= NAME_BYTES) return { prefix: '', name: path };
  const slash = path.lastIndexOf('/', PREFIX_BYTES);
  if (slash <= 0 || path.length - slash - 1 > NAME_BYTES) return null;
  return { prefix: path.slice(0, slash), name: path.slice(slash + 1) };
}

/** "%d %s=%s\n": the length counts itself. */
function paxRecord(key: string, value: string): string {
  const restBytes = encode(` ${key}=${value}\n`).length;
  let length = restBytes + 1;
  while (String(length).length + restBytes !== length) length += 1;
  return `${length} ${key}=${value}\n`;
}

function formatBlock(fields: {
  readonly name: string;
  readonly prefix: string;
  readonly type: '0' | 'x';
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
}): Uint8Array {
  const block = new Uint8Array(TAR_BLOCK_BYTES);
  const put = (text: string, offset: number): void => block.set(encode(text), offset);
  put(fields.name, 0);
  put(`0000644\0${ZERO_ID}${ZERO_ID}`, 100);
  put(octal(fields.sizeBytes, 11), 124);
  put(octal(fields.mtimeSeconds, 11), 136);
  put(' '.repeat(8), 148);
  put(fields.type, 156);
  put(MAGIC_AND_VERSION, 257);
  put(`${ZERO_ID}${ZERO_ID}`, 329);
  put(fields.prefix, 345);
  // The sum of all bytes, its own field counted as spaces.
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  put(`${octal(checksum, 6)} `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, '0')}\0`;
}

function toAscii(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, '_');
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
