/** Sound files with a few runs of bytes changed, where a header is most of the file: a model, or a Failure that says why. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Failure, memorySource } from '../../src/core/index.ts';
import {
  checkModelFiles,
  describeGguf,
  estimateMemory,
  ggufBytes,
  readAndCheckGguf,
  sampleModel,
  type GgufFile,
} from '../../src/gguf/index.ts';
import { changedModel } from '../fakes/changed-model.ts';
import { SMALL_SHAPE, splitModel } from '../fakes/split-model.ts';

/** Numbers that lengths, counts and offsets are made of, at the edges where readers wrap around. */
const EDGES = [
  0n,
  1n,
  31n,
  33n,
  63n,
  64n,
  255n,
  65_535n,
  1n << 20n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
];
const WIDE = [
  1n << 32n,
  (1n << 53n) - 1n,
  1n << 61n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 32n,
  (1n << 64n) - 1n,
];

const uint64 = fc.constantFrom(...EDGES, ...WIDE).map((value) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
});
const replacement = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 9 }),
  uint64,
  uint64.map((bytes) => bytes.subarray(0, 4)),
);
const changes = (sizeBytes: number) =>
  fc.array(fc.record({ at: fc.nat(sizeBytes - 1), by: replacement }), { minLength: 1, maxLength: 4 });

function changed(sound: Uint8Array, list: readonly { at: number; by: Uint8Array }[]): Uint8Array {
  const bytes = sound.slice();
  for (const { at, by } of list) bytes.set(by.subarray(0, bytes.length - at), at);
  return bytes;
}

async function fileOrFailure(work: () => Promise<GgufFile>): Promise<GgufFile | null> {
  try {
    return await work();
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return null;
  }
}

describe('a sound model with some of its bytes changed', () => {
  let whole: Uint8Array = new Uint8Array();
  let headerBytes = 0;
  beforeAll(async () => {
    whole = await changedModel({});
    headerBytes = (await readAndCheckGguf(memorySource(whole))).file.headerEndOffset;
  });

  it('is a model whose tensors lie inside the file, or a Failure', async () => {
    await fc.assert(
      fc.asyncProperty(changes(headerBytes), async (list) => {
        const bytes = changed(whole, list);
        const file = await fileOrFailure(async () => (await readAndCheckGguf(memorySource(bytes))).file);
        if (file === null) return;
        for (const { offset, sizeBytes } of file.tensors)
          expect(file.dataOffset + offset + sizeBytes).toBeLessThanOrEqual(bytes.length);
        expect(describeGguf(file).tensorCount).toBe(file.tensors.length);
        expect(estimateMemory(file, { contextTokens: 4096 }).totalBytes).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
  });

  it('is, as shards, one model or a Failure', async () => {
    const shards = await Promise.all(splitModel(sampleModel(SMALL_SHAPE), { count: 3 }).map(ggufBytes));
    const split = fc
      .integer({ min: 0, max: 2 })
      .chain((no) =>
        fc.record({ no: fc.constant(no), list: changes(Math.min(shards[no]?.length ?? 1, 1500)) }),
      );
    await fc.assert(
      fc.asyncProperty(split, async ({ no, list }) => {
        const first = await fileOrFailure(async () => {
          const files = [];
          for (const [index, sound] of shards.entries()) {
            const name = `m-0000${index + 1}-of-00003.gguf`;
            const source = memorySource(index === no ? changed(sound, list) : sound, name);
            files.push({ name, file: (await readAndCheckGguf(source)).file });
          }
          checkModelFiles(files);
          return files[0]?.file ?? Promise.reject(new Error('There is a first.'));
        });
        if (first !== null) expect(first.metadata.get('split.count')).toEqual({ kind: 'uint16', value: 3 });
      }),
      { numRuns: 200 },
    );
  });
});
