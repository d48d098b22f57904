/** The file that is to be made: its name is free, and the disk has room. */
import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { escapeText, formatBytes, isErrno } from '../core/index.ts';
import { findFolder, readFileSystem } from '../system/index.ts';
import { QuantizeFailure, type QuantizeCode } from './error.ts';
import { DISK_MARGIN_BYTES, FULL_DISK_BYTES } from './limits.ts';

/** Throws `QUANTIZE_SAME_FILE` where it is the source, by whatever name, and `QUANTIZE_OUTPUT_EXISTS` where it is anything else. */
export async function assertOutputFree(outPath: string, sourcePath: string | null = null): Promise<void> {
  const there = await stat(outPath).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  });
  if (there === null) return;
  const own = sourcePath === null ? null : await stat(sourcePath);
  if (own !== null && own.dev === there.dev && own.ino === there.ino) {
    throw new QuantizeFailure('QUANTIZE_SAME_FILE', `${escapeText(outPath)} is the model itself.`, {
      details: { path: outPath },
    });
  }
  throw taken(outPath);
}

/** Somebody may have taken the name meanwhile; a second name would surprise whoever named the first. */
export function onlyName(outPath: string): (no: number) => string {
  return (no) => {
    if (no === 1) return basename(outPath);
    throw taken(outPath);
  };
}

/** Throws `QUANTIZE_NO_ROOM` with the numbers, and what they are made of. The folder may have to be made yet. */
export async function assertRoom(
  directory: string,
  sizeBytes: number,
  parts: readonly string[] = [],
): Promise<void> {
  const { freeBytes } = await readFileSystem(await findFolder(directory));
  const neededBytes = sizeBytes + DISK_MARGIN_BYTES;
  if (neededBytes <= freeBytes) return;
  throw new QuantizeFailure(
    'QUANTIZE_NO_ROOM',
    `${escapeText(directory)} has ${formatBytes(freeBytes)} free, and ${formatBytes(neededBytes)} are needed${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`,
    {
      details: {
        path: directory,
        expected: `${neededBytes} bytes free`,
        received: `${freeBytes} bytes free`,
      },
    },
  );
}

/** The library only knows that it could not write; a disk without room tells why. Anything else stays what it is. */
export async function orDiskFull(error: unknown, outPath: string): Promise<unknown> {
  if (!(error instanceof QuantizeFailure) || !BLIND_TO_THE_DISK.has(error.code)) return error;
  const directory = dirname(outPath);
  const { freeBytes } = await readFileSystem(directory);
  if (freeBytes >= FULL_DISK_BYTES) return error;
  return new QuantizeFailure(
    'QUANTIZE_NO_ROOM',
    `The disk of ${escapeText(directory)} ran full while the model was quantized.`,
    { details: { path: directory, received: `${freeBytes} bytes free` }, cause: error },
  );
}

const BLIND_TO_THE_DISK: ReadonlySet<QuantizeCode> = new Set(['QUANTIZE_FAILED', 'QUANTIZE_CRASHED']);

function taken(outPath: string): QuantizeFailure {
  return new QuantizeFailure('QUANTIZE_OUTPUT_EXISTS', `${escapeText(outPath)} exists already.`, {
    details: { path: outPath },
  });
}
