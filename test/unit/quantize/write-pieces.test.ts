import { mkdtemp, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writePieces } from '../../../src/quantize/write-pieces.ts';

let folder = '';
let handle: FileHandle;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-pieces-'));
  handle = await open(join(folder, 'file'), 'wx');
});

afterEach(async () => {
  await handle.close();
  await rm(folder, { recursive: true });
});

/** Two buffers in turn, as the contract allows. */
async function* pieces(sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const buffers = [0, 1].map(() => new Uint8Array(Math.max(...sizes)));
  for (const [no, size] of sizes.entries()) {
    await new Promise((resolve) => setImmediate(resolve));
    yield (buffers[no % 2] as Uint8Array).subarray(0, size).fill(no);
  }
}

describe('writePieces', () => {
  it('writes every piece in its place, of whatever size, although their memory is used again', async () => {
    const sizes = [1, 600_000, 262_144, 0, 5, 1_000_000, 262_145];
    const told: number[] = [];
    await writePieces(handle, pieces(sizes), { onBytes: (sizeBytes) => told.push(sizeBytes) });
    const written = await readFile(join(folder, 'file'));
    const expected = Buffer.concat(sizes.map((size, no) => Buffer.alloc(size, no)));
    expect(written.equals(expected)).toBe(true);
    expect(told).toEqual(sizes);
  });

  it('fails as the making of a piece does', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw new Error('no more');
    }
    await expect(writePieces(handle, broken())).rejects.toThrow('no more');
  });

  it('fails as the writing does, and lets go of what makes the pieces', async () => {
    const readOnly = await open(join(folder, 'file'), 'r');
    let isEnded = false;
    async function* watched(): AsyncGenerator<Uint8Array> {
      try {
        yield* pieces([10, 10, 10]);
      } finally {
        isEnded = true;
      }
    }
    await expect(writePieces(readOnly, watched())).rejects.toMatchObject({ code: 'EBADF' });
    expect(isEnded).toBe(true);
    await readOnly.close();
  });

  it('stops where it is interrupted', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const writing = writePieces(handle, pieces([10, 10, 10]), { onBytes: () => controller.abort(), signal });
    await expect(writing).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
  });
});
