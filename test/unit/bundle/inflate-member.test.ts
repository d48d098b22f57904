import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BundleFailure } from '../../../src/bundle/error.ts';
import { inflateMember } from '../../../src/bundle/inflate-member.ts';
import { memorySource } from '../../../src/core/index.ts';
import { noise } from './bundle-fixtures.ts';

async function inflate(bytes: Uint8Array): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of inflateMember(memorySource(bytes))) parts.push(part);
  return Buffer.concat(parts);
}

describe('inflateMember', () => {
  it('gives back what gzip packed, whatever ends where', async () => {
    // Stored and compressed data of sizes around the chunks that are fed.
    for (const size of [0, 1, 1000, 262_100, 262_144, 262_145, 524_288, 3_000_000]) {
      for (const level of [0, 9])
        expect((await inflate(gzipSync(noise(size), { level }))).equals(noise(size))).toBe(true);
    }
  });

  it('ends with the member at every distance from a chunk, and refuses what follows', async () => {
    for (let size = 262_144 - 60; size <= 262_144 + 10; size += 1) {
      const member = gzipSync(noise(size), { level: 0 });
      expect(await inflate(member)).toHaveLength(size);
      const more = Buffer.concat([member, noise(700_000)]);
      await expect(inflate(more)).rejects.toMatchObject({ code: 'BUNDLE_TRAILING_DATA' });
    }
  });

  it('refuses a member cut anywhere', async () => {
    const member = gzipSync(noise(2000));
    for (let end = 0; end < member.length; end += 1)
      await expect(inflate(member.subarray(0, end))).rejects.toBeInstanceOf(BundleFailure);
  });

  it('may be left early', async () => {
    for await (const piece of inflateMember(memorySource(gzipSync(noise(5_000_000))))) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
  });

  it('stops when it is interrupted', async () => {
    const pieces = inflateMember(memorySource(gzipSync(noise(5_000_000))), AbortSignal.abort());
    await expect(pieces.next()).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
  });

  it('inflates any bytes or throws a failure', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (noiseBytes) => {
        const bytes = Buffer.concat([Buffer.from('1f8b0800000000000003', 'hex'), noiseBytes]);
        await inflate(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(BundleFailure));
      }),
    );
  });
});
