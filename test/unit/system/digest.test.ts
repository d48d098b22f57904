import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource, type ByteSource } from '../../../src/core/index.ts';
import { createSha256, hashBytes, hashSource } from '../../../src/system/digest.ts';

/** What is read at once. */
const CHUNK = 4 * 1024 * 1024;

describe('hashBytes', () => {
  // FIPS 180-2, appendix B.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ])('gives the digest that the standard gives for "%s"', (text, digest) => {
    expect(hashBytes(text)).toBe(digest);
    expect(createSha256().update(text).digest('hex')).toBe(digest);
  });
});

describe('hashSource', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17])('hashes %d bytes', async (sizeBytes) => {
    const bytes = new Uint8Array(sizeBytes).map((_, index) => (index * 31 + (index >> 13)) % 251);
    const seen: number[] = [];
    const digest = await hashSource(memorySource(bytes), { onBytes: (count) => seen.push(count) });
    expect(digest).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(seen.reduce((sum, count) => sum + count, 0)).toBe(sizeBytes);
  });

  it('gives the same whoever answers first, however slowly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }), async (delays) => {
        const bytes = new Uint8Array(2 * CHUNK + 5).fill(7);
        bytes[CHUNK] = 9;
        const memory = memorySource(bytes);
        let call = 0;
        const slow: ByteSource = {
          ...memory,
          async read(offset, length, into) {
            const delay = delays[call] ?? 0;
            call += 1;
            await new Promise((resolve) => setTimeout(resolve, delay));
            return memory.read(offset, length, into);
          },
        };
        expect(await hashSource(slow)).toBe(hashBytes(bytes));
      }),
      { numRuns: 10 },
    );
  });

  it('throws what the source throws, from whichever chunk', async () => {
    const broken: ByteSource = {
      name: 'broken',
      sizeBytes: 3 * CHUNK,
      read: async (offset, length) => {
        if (offset > 0) throw new Error(`no bytes at ${offset}`);
        return new Uint8Array(length);
      },
    };
    await expect(hashSource(broken)).rejects.toThrow(`no bytes at ${CHUNK}`);
  });

  it('stops between two chunks once it is interrupted', async () => {
    const controller = new AbortController();
    const source = memorySource(new Uint8Array(3 * CHUNK));
    let chunks = 0;
    const hashing = hashSource(source, {
      signal: controller.signal,
      onBytes: () => {
        chunks += 1;
        controller.abort();
      },
    });
    await expect(hashing).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
    expect(chunks).toBe(1);
  });
});
