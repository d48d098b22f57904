import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFrom } from '../../../src/bundle/vectored-io.ts';
import { noise } from './bundle-fixtures.ts';

describe('writeFrom', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'milton-vectored-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it.each([
    ['one after the other', [3, 0, 5, 65_531]],
    ['of more than one call can take', [1_000_000]],
    ['that end where a call ends, and just before and after it', [262_144, 262_143, 1, 262_145, 10]],
  ])('writes buffers %s, from the offset on', async (_, sizes) => {
    const path = join(directory, 'file');
    const buffers = sizes.map((size) => noise(size));
    const handle = await open(path, 'w');
    try {
      await writeFrom(handle, buffers, { offset: 7, path });
    } finally {
      await handle.close();
    }
    expect((await readFile(path)).equals(Buffer.concat([Buffer.alloc(7), ...buffers]))).toBe(true);
  });

  it('says which file could not be written', async () => {
    const path = join(directory, 'read-only');
    await (await open(path, 'w')).close();
    const handle = await open(path, 'r');
    try {
      const writing = writeFrom(handle, [noise(600_000)], { offset: 0, path });
      await expect(writing).rejects.toMatchObject({
        code: expect.stringMatching(/^SYSTEM_/),
        details: { path },
      });
    } finally {
      await handle.close();
    }
  });
});
