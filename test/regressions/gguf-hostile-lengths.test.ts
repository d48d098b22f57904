/** A header of a few bytes that claims gigabytes must be refused before anything is allocated for it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { memorySource, type ByteSource } from '../../src/core/index.ts';
import { parseGguf } from '../../src/gguf/index.ts';
import { RawGguf } from '../fixtures/raw-gguf.ts';

const MEGABYTE = 1024 * 1024;

describe('a header that claims more than there is', () => {
  it.each([
    ['2^63 tensors', new RawGguf().header({ tensors: 1n << 63n })],
    ['2^63 keys', new RawGguf().header({ keys: 1n << 63n })],
    [
      'a string of 2^40 bytes',
      new RawGguf()
        .header({ keys: 1 })
        .string('k')
        .u32(8)
        .u64(2 ** 40),
    ],
    [
      'an array of 2^33 strings',
      new RawGguf()
        .header({ keys: 1 })
        .string('k')
        .u32(9)
        .u32(8)
        .u64(2 ** 33),
    ],
    [
      'an array of 2^61 numbers of 8 bytes',
      new RawGguf()
        .header({ keys: 1 })
        .string('k')
        .u32(9)
        .u32(12)
        .u64(1n << 61n),
    ],
    [
      'an array of 2^40 arrays',
      new RawGguf()
        .header({ keys: 1 })
        .string('k')
        .u32(9)
        .u32(9)
        .u64(2 ** 40),
    ],
  ])('is refused: %s', async (_what, raw) => {
    const bytes = raw.zeros(200).bytes();
    expect(await bytesUntilRefused(memorySource(bytes))).toBeLessThan(16 * MEGABYTE);
  });

  it.each([
    [
      'an array of 2^28 bytes',
      new RawGguf()
        .header({ keys: 1 })
        .string('k')
        .u32(9)
        .u32(0)
        .u64(2 ** 28),
    ],
    [
      'an array of 2^32 strings',
      new RawGguf()
        .header({ keys: 1 })
        .string('k')
        .u32(9)
        .u32(8)
        .u64(2 ** 32),
    ],
    ['a tensor name of 2^32 bytes', new RawGguf().header({ tensors: 1 }).u64(2 ** 32)],
    ['a key of 2^31 bytes', new RawGguf().header({ keys: 1 }).u64(2 ** 31)],
  ])('is refused in a file of a terabyte that does hold the bytes: %s', async (_what, raw) => {
    expect(await bytesUntilRefused(sparse(raw.bytes(), 2 ** 40))).toBeLessThan(16 * MEGABYTE);
  });

  it('costs no more than its own bytes where two million empty strings are really there', async () => {
    const raw = new RawGguf().header({ keys: 1 }).string('k').u32(9).u32(8);
    const before = bytesHeld();
    const { metadata } = await parseGguf(sparse(raw.u64(2 ** 21).bytes(), 2 ** 40));
    const value = metadata.get('k');
    expect(value?.kind === 'array' && value.items.length).toBe(2 ** 21);
    // 16 MiB of lengths, 8 MiB of positions, and the buffer that grew before it was cut to size.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(80 * MEGABYTE);
  });
});

/** Nothing that waits to be collected, which could go meanwhile and hide what came. */
function bytesHeld(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().arrayBuffers;
}

/** What was allocated until the refusal came. */
async function bytesUntilRefused(source: ByteSource): Promise<number> {
  const before = bytesHeld();
  await expect(parseGguf(source)).rejects.toMatchObject({
    code: expect.stringMatching(/^GGUF_/),
    exitCode: 3,
  });
  return process.memoryUsage().arrayBuffers - before;
}

/** The given bytes, then zeros without end. */
function sparse(start: Uint8Array, sizeBytes: number): ByteSource {
  return {
    name: 'sparse',
    sizeBytes,
    read: (offset, length, into = new Uint8Array(length)) => {
      into.fill(0, 0, length);
      if (offset < start.length) into.set(start.subarray(offset, offset + length));
      return Promise.resolve(into.subarray(0, length));
    },
  };
}
