/**
 * Finds a second format in a file that is whole as its first: readers of ZIP begin at the end, of tar at a checksum, of HDF5
 * at any power of two, and none of them minds what lies around.
 */
import type { ByteSource } from '../core/index.ts';

/** What else the file is, as the end of a sentence, or null. */
export async function findSecondFormat(source: ByteSource): Promise<string | null> {
  if (await isTar(source)) return 'also a tar archive';
  if (await isZip(source)) return 'also a ZIP archive';
  if (await isHdf5(source)) return 'also an HDF5 file';
  return null;
}

const TAR_BLOCK_BYTES = 512;
const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;

/** POSIX.1-1988 ustar and what came before: the sum of the block, its own field as blanks, in octal. */
async function isTar(source: ByteSource): Promise<boolean> {
  if (source.sizeBytes < TAR_BLOCK_BYTES) return false;
  const block = await source.read(0, TAR_BLOCK_BYTES);
  const field = Buffer.from(block.subarray(CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_BYTES)).toString('latin1');
  // oxlint-disable-next-line no-control-regex
  const octal = /^[ \0]*([0-7]{1,8})[ \0]*$/.exec(field)?.[1];
  if (octal === undefined) return false;
  let sum = 0;
  let signedSum = 0;
  for (const [index, byte] of block.entries()) {
    const isField = index >= CHECKSUM_AT && index < CHECKSUM_AT + CHECKSUM_BYTES;
    sum += isField ? 0x20 : byte;
    signedSum += isField ? 0x20 : byte > 127 ? byte - 256 : byte;
  }
  const expected = Number.parseInt(octal, 8);
  return expected === sum || expected === signedSum;
}

const END_RECORD_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const END_RECORD = Buffer.from('PK\x05\x06', 'latin1');
const LOCATOR_64 = Buffer.from('PK\x06\x07', 'latin1');
const DIRECTORY_ENTRY = Buffer.from('PK\x01\x02', 'latin1');

/** APPNOTE §4.3.16: the end record lies in the last 64 KiB, and the directory right before it. */
async function isZip(source: ByteSource): Promise<boolean> {
  const length = Math.min(source.sizeBytes, END_RECORD_BYTES + MAX_COMMENT_BYTES);
  const tailAt = source.sizeBytes - length;
  const tail = Buffer.from(await source.read(tailAt, length));
  let at = tail.lastIndexOf(END_RECORD);
  // Each hit costs a read; in weights there is hardly ever one.
  for (let tries = 0; at >= 0 && tries < 64; tries += 1) {
    if (at + END_RECORD_BYTES <= length) {
      if (at >= 20 && tail.subarray(at - 20, at - 16).equals(LOCATOR_64)) return true;
      const directoryAt = tailAt + at - tail.readUInt32LE(at + 12);
      if (directoryAt >= 0 && directoryAt + 4 <= source.sizeBytes) {
        const start = Buffer.from(await source.read(directoryAt, 4));
        if (start.equals(DIRECTORY_ENTRY)) return true;
      }
    }
    at = at === 0 ? -1 : tail.lastIndexOf(END_RECORD, at - 1);
  }
  return false;
}

const HDF5_SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/** HDF5 File Format Specification 3.0, II.A: at 0, 512, 1024, 2048 and so on. */
async function isHdf5(source: ByteSource): Promise<boolean> {
  for (let offset = 512; offset + HDF5_SIGNATURE.length <= source.sizeBytes; offset *= 2) {
    const bytes = Buffer.from(await source.read(offset, HDF5_SIGNATURE.length));
    if (bytes.equals(HDF5_SIGNATURE)) return true;
  }
  return false;
}
