import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { BundleFailure, type VerifiedBundle } from '../../src/bundle/index.ts';
import {
  EDGE_BITS,
  EDGE_BYTES,
  edgeBits,
  expectRefused,
  RANDOM,
  randomBits,
  verdictOf,
  withEachFlipped,
} from '../attacks/flips.ts';
import {
  hasPython,
  noise,
  packWithPython,
  pythonFiles,
  rawBundle,
  toEntries,
  TOP,
  withFolder,
  writeFiles,
} from '../unit/bundle/bundle-fixtures.ts';

describe('a bundle of the Python tool with one bit flipped', () => {
  let good: Buffer;
  let expected: VerifiedBundle | BundleFailure;
  beforeAll(async () => {
    // With more than 8 KiB, so that first and last 4 KiB are two places.
    const files = pythonFiles({ 'model/model-q4_0.gguf': noise(9000) });
    good = hasPython ? await packedByPython(files) : rawBundle(toEntries(files));
    expected = await verdictOf(good);
  });

  /** What a bundle says and the digests of all that would be extracted: equal bytes. */
  const contentOf = (result: VerifiedBundle): string =>
    createHash('sha256')
      .update(
        JSON.stringify({ ...result, metadata: { ...result.metadata, sums: [...result.metadata.sums] } }),
      )
      .digest('hex');

  async function expectRefusedOrEqual(bit: number): Promise<void> {
    const result = await verdictOf(good);
    if (result instanceof BundleFailure) return;
    if (contentOf(result) !== contentOf(expected as VerifiedBundle))
      expect.fail(`bit ${bit & 7} of byte ${bit >> 3}`);
  }

  it('is sound before', () => {
    expect(expected).not.toBeInstanceOf(BundleFailure);
  });

  it('is refused or has equal content, whichever bit of its first and last 4 KiB', async () => {
    const count = await withEachFlipped(good, edgeBits(good.length, EDGE_BYTES), expectRefusedOrEqual);
    expect(count).toBe(EDGE_BITS);
  }, 240_000);

  it('is refused or has equal content, whichever of thousands of bits anywhere', async () => {
    await withEachFlipped(good, randomBits(good.length, RANDOM), expectRefusedOrEqual);
  });

  it('is refused when cut at any byte of its last 4 KiB, at any 512 bytes before, and with any byte more', async () => {
    for (let end = 0; end < good.length; end += end < good.length - EDGE_BYTES ? 512 : 1)
      await expectRefused(good.subarray(0, end), `cut at ${end}`);
    for (let byte = 0; byte < 256; byte += 1)
      await expectRefused(Buffer.concat([good, Buffer.of(byte)]), `with ${byte}`);
  });
});

async function packedByPython(files: ReadonlyMap<string, Uint8Array>): Promise<Buffer> {
  return withFolder(async (folder) => {
    await writeFiles(join(folder, TOP), files);
    packWithPython(join(folder, TOP), join(folder, 'bundle.tar.gz'));
    return readFile(join(folder, 'bundle.tar.gz'));
  });
}
