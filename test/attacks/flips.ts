/** One bit after the other, the same random ones each time, put back afterwards; and what is asked of the reader then. */
import { expect } from 'vitest';
import { BundleFailure, verifyBundle, type VerifiedBundle } from '../../src/bundle/index.ts';
import { memorySource } from '../../src/core/index.ts';

export const EDGE_BYTES = 4096;
/** All of them with `npm run flips` (some minutes); every fifth otherwise, which still meets each bit of a byte. */
const EVERY = process.env['MILTON_EVERY_BIT'] === '1' ? 1 : 5;
export const RANDOM = { count: 10_000 / EVERY, seed: 12_345 };

/** The result, or the refusal; anything else that is thrown goes on. */
export async function verdictOf(bytes: Uint8Array): Promise<VerifiedBundle | BundleFailure> {
  return verifyBundle(memorySource(bytes, 'bundle')).catch((error: unknown) => {
    if (error instanceof BundleFailure && error.exitCode === 3) return error;
    throw error;
  });
}

export async function expectRefused(bytes: Uint8Array, what: string): Promise<void> {
  // Not `expect`: it would cost more than the reader, 75,000 times.
  if (!((await verdictOf(bytes)) instanceof BundleFailure)) expect.fail(`taken: ${what}`);
}

/** The bits of the first and last so many bytes: every one, or every fifth. */
export function* edgeBits(sizeBytes: number, edgeBytes: number): Generator<number> {
  for (let bit = 0; bit < Math.min(sizeBytes, edgeBytes) * 8; bit += EVERY) yield bit;
  for (let bit = Math.max(0, sizeBytes - edgeBytes) * 8; bit < sizeBytes * 8; bit += EVERY) yield bit;
}

/** How many {@link edgeBits} gives for both ends of something longer. */
export const EDGE_BITS = 2 * Math.ceil((EDGE_BYTES * 8) / EVERY);

/** So many bits anywhere, from a seed (a linear congruential generator; the high bits are used). */
export function* randomBits(
  sizeBytes: number,
  { count, seed }: { readonly count: number; readonly seed: number },
): Generator<number> {
  let state = seed;
  for (let index = 0; index < count; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    yield Math.floor((state / 2 ** 32) * sizeBytes * 8);
  }
}

/** Calls `use` with each bit flipped in turn. */
export async function withEachFlipped(
  bytes: Uint8Array,
  bits: Iterable<number>,
  use: (bit: number) => Promise<void>,
): Promise<number> {
  let count = 0;
  for (const bit of bits) {
    const at = bit >> 3;
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
    try {
      await use(bit);
    } finally {
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
    }
    count += 1;
  }
  return count;
}
