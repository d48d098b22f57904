import { beforeAll, describe, expect, it } from 'vitest';
import { BundleFailure, verifyBundle } from '../../src/bundle/index.ts';
import { memorySource } from '../../src/core/index.ts';
import { bundleBytes, pythonFiles, rawBundle, toEntries } from '../unit/bundle/bundle-fixtures.ts';

const EDGE_BYTES = 4096;
const RANDOM_FLIPS = 2000;

let bundle: Buffer;
let larger: Buffer;
beforeAll(async () => {
  bundle = await bundleBytes({ sizeBytes: 8000 });
  larger = await bundleBytes({ sizeBytes: 70_000 });
});

async function refusalOf(bytes: Uint8Array): Promise<unknown> {
  return verifyBundle(memorySource(bytes, 'bundle')).then(
    () => null,
    (error: unknown) => error,
  );
}

async function expectRefused(bytes: Uint8Array, what: string): Promise<void> {
  const error = await refusalOf(bytes);
  expect(error, what).toBeInstanceOf(BundleFailure);
  expect((error as BundleFailure).exitCode, what).toBe(3);
}

async function expectFlipRefused(bit: number, bytes = bundle): Promise<void> {
  const at = bit >> 3;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  try {
    await expectRefused(bytes, `bit ${bit & 7} of byte ${at}`);
  } finally {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  }
}

/** The same numbers every time. */
function* numbers(below: number, count: number): Generator<number> {
  let state = 12345;
  for (let index = 0; index < count; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    yield Math.floor((state / 2 ** 32) * below);
  }
}

describe('a format-2 bundle with one bit flipped', () => {
  it('is sound before', async () => {
    expect(await refusalOf(bundle)).toBeNull();
  });

  it('is refused, wherever in its first 4 KiB', async () => {
    for (let at = 0; at < EDGE_BYTES; at += 1) await expectFlipRefused(at * 8 + (at % 8));
    // The frame at the very start, whole.
    for (let bit = 0; bit < 600 * 8; bit += 1) await expectFlipRefused(bit);
  });

  it('is refused, wherever in its last 4 KiB', async () => {
    const end = bundle.length;
    for (let at = end - EDGE_BYTES; at < end; at += 1) await expectFlipRefused(at * 8 + (at % 8));
    for (let bit = (end - 64) * 8; bit < end * 8; bit += 1) await expectFlipRefused(bit);
  });

  it('is refused, wherever it was flipped', async () => {
    for (const bit of numbers(larger.length * 8, RANDOM_FLIPS)) await expectFlipRefused(bit, larger);
  });

  it('is refused at the frame of the second stored block', async () => {
    const second = 65_536 + 10 + 65_536;
    for (let bit = second * 8; bit < (second + 5) * 8; bit += 1) await expectFlipRefused(bit, larger);
  });
});

describe('a format-2 bundle of another length', () => {
  it('is refused when cut at any 512 bytes', async () => {
    for (let end = 0; end < bundle.length; end += 512)
      await expectRefused(bundle.subarray(0, end), `cut at ${end}`);
    await expectRefused(bundle.subarray(0, bundle.length - 1), 'one byte short');
  });

  it('is refused with one byte more', async () => {
    for (const byte of [0, 1, 0x1f])
      await expectRefused(Buffer.concat([bundle, Buffer.of(byte)]), `with ${byte}`);
  });

  it('is refused with a member more, or with its members swapped', async () => {
    const first = bundle.subarray(0, 65_536);
    const last = bundle.subarray(65_536);
    await expectRefused(Buffer.concat([bundle, bundle]), 'twice');
    await expectRefused(Buffer.concat([last, first]), 'swapped');
    await expectRefused(Buffer.concat([first, first, last]), 'the metadata twice');
  });
});

describe('a bundle of the Python tool with one bit flipped', () => {
  it('is refused, or has the same content', async () => {
    const files = pythonFiles();
    const good = rawBundle(toEntries(files));
    const expected = await verifyBundle(memorySource(good, 'bundle'));
    for (const bit of numbers(good.length * 8, 1500)) {
      const bytes = Buffer.from(good);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const result = await verifyBundle(memorySource(bytes, 'bundle')).catch((error: unknown) => error);
      if (result instanceof BundleFailure) continue;
      expect(result, `bit ${bit}`).toEqual(expected);
    }
  });
});
