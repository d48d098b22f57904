import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { BundleFailure } from '../../../src/bundle/error.ts';
import { formatMember } from '../../../src/bundle/gzip-frame.ts';
import { isFormat2, readMetadataRegion } from '../../../src/bundle/metadata-region.ts';
import { memorySource } from '../../../src/core/index.ts';
import { bundleBytes, rawBundle } from './bundle-fixtures.ts';

let bundle: Buffer;
beforeAll(async () => {
  bundle = await bundleBytes();
});

describe('isFormat2', () => {
  it('knows its own, and nothing else', async () => {
    expect(await isFormat2(memorySource(bundle))).toBe(true);
    expect(await isFormat2(memorySource(rawBundle([])))).toBe(false);
    for (let size = 0; size < 11; size += 1)
      expect(await isFormat2(memorySource(bundle.subarray(0, size)))).toBe(false);
  });
});

describe('readMetadataRegion', () => {
  it('reads no more than the region', async () => {
    const ends: number[] = [];
    const { layout } = await readMetadataRegion({
      name: 'bundle',
      sizeBytes: bundle.length,
      read(offset, length) {
        ends.push(offset + length);
        return memorySource(bundle).read(offset, length);
      },
    });
    expect(Math.max(...ends)).toBe(layout.regionBytes);
  });

  it('reads any payload with a right CRC-32 or throws a failure', async () => {
    const payloadBytes = bundle.readUInt16LE(11);
    const payload = bundle.subarray(15, 15 + payloadBytes);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: payloadBytes - 1 }),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        async (at, bytes) => {
          const changed = Buffer.from(payload);
          changed.set(bytes.subarray(0, payloadBytes - at), at);
          const whole = Buffer.concat([formatMember(changed), bundle.subarray(23 + payloadBytes)]);
          await readMetadataRegion(memorySource(whole)).catch((error: unknown) =>
            expect(error).toBeInstanceOf(BundleFailure),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads any blocks or throws a failure', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const whole = Buffer.concat([bundle.subarray(0, 10), bytes]);
        await expect(readMetadataRegion(memorySource(whole))).rejects.toBeInstanceOf(BundleFailure);
      }),
    );
  });
});
