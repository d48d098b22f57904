import { beforeAll, describe, expect, it } from 'vitest';
import { BundleFailure } from '../../src/bundle/index.ts';
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
import { bundleBytes } from '../unit/bundle/bundle-fixtures.ts';

describe('a format-2 bundle with one bit flipped', () => {
  let bundle: Buffer;
  let larger: Buffer;
  beforeAll(async () => {
    bundle = await bundleBytes({ sizeBytes: 8000 });
    larger = await bundleBytes({ sizeBytes: 70_000 });
  });

  it('is sound before', async () => {
    expect(await verdictOf(bundle)).not.toBeInstanceOf(BundleFailure);
    expect(await verdictOf(larger)).not.toBeInstanceOf(BundleFailure);
  });

  it('is refused, whichever bit of its first and last 4 KiB', async () => {
    const count = await withEachFlipped(bundle, edgeBits(bundle.length, EDGE_BYTES), (bit) =>
      expectRefused(bundle, `bit ${bit & 7} of byte ${bit >> 3}`),
    );
    expect(count).toBe(EDGE_BITS);
  }, 240_000);

  it('is refused, whichever of thousands of bits anywhere', async () => {
    await withEachFlipped(larger, randomBits(larger.length, RANDOM), (bit) =>
      expectRefused(larger, `bit ${bit & 7} of byte ${bit >> 3}`),
    );
  });

  it('is refused at the frame of the second stored block', async () => {
    const second = 65_536 + 10 + 65_536;
    const bits = Array.from({ length: 40 }, (_, index) => second * 8 + index);
    await withEachFlipped(larger, bits, (bit) => expectRefused(larger, `bit ${bit & 7} of byte ${bit >> 3}`));
  });
});

describe('a format-2 bundle of another length', () => {
  let bundle: Buffer;
  beforeAll(async () => {
    bundle = await bundleBytes({ sizeBytes: 8000 });
  });

  it('is refused when cut at any 512 bytes', async () => {
    for (let end = 0; end < bundle.length; end += 512)
      await expectRefused(bundle.subarray(0, end), `cut at ${end}`);
    await expectRefused(bundle.subarray(0, -1), 'one byte short');
  });

  it('is refused with any byte more', async () => {
    for (let byte = 0; byte < 256; byte += 1)
      await expectRefused(Buffer.concat([bundle, Buffer.of(byte)]), `with ${byte}`);
  });

  it('is refused with one byte less or more anywhere in its frame', async () => {
    for (let at = 0; at < bundle.length; at += 509) {
      const [before, after] = [bundle.subarray(0, at), bundle.subarray(at)];
      await expectRefused(Buffer.concat([before, Buffer.of(0), after]), `one more at ${at}`);
      await expectRefused(Buffer.concat([before, after.subarray(1)]), `one less at ${at}`);
    }
  });
});
