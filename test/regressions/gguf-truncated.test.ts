/** A file that was cut, or grew, anywhere is refused, never read as a smaller model. */
import { beforeAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../src/core/index.ts';
import { ggufBytes, readAndCheckGguf, sampleModel } from '../../src/gguf/index.ts';

const refused = { name: 'GgufFailure', exitCode: 3, details: { offset: expect.any(Number) } };

describe('a sound file', () => {
  let whole = new Uint8Array();
  beforeAll(async () => {
    const shape = { blockCount: 1, embeddingLength: 64, headCount: 2, headCountKv: 1, feedForwardLength: 64 };
    whole = Uint8Array.from(await ggufBytes(sampleModel({ ...shape, vocabularySize: 300, type: 'Q4_0' })));
  });

  it('is refused when cut at any 16 bytes, and at any byte near its ends', async () => {
    const sizes = Array.from({ length: Math.ceil(whole.length / 16) }, (_, index) => index * 16);
    for (let index = 0; index < 100; index += 1) sizes.push(index, whole.length - 1 - index);
    for (const size of sizes) {
      await expect(readAndCheckGguf(memorySource(whole.subarray(0, size)))).rejects.toMatchObject(refused);
    }
  });

  it('is refused with one byte more', async () => {
    const more = new Uint8Array(whole.length + 1);
    more.set(whole);
    await expect(readAndCheckGguf(memorySource(more))).rejects.toMatchObject({ code: 'GGUF_TRAILING_BYTES' });
  });

  it('is refused, or read with all its bytes accounted for, with any byte of its header changed', async () => {
    const { file } = await readAndCheckGguf(memorySource(whole));
    for (let index = 0; index < file.headerEndOffset; index += 7) {
      const changed = whole.slice();
      changed[index] = (changed[index] ?? 0) ^ 0x81;
      try {
        const { file: read } = await readAndCheckGguf(memorySource(changed));
        const last = read.tensors.at(-1);
        expect(read.dataOffset + (last?.offset ?? 0) + (last?.sizeBytes ?? 0)).toBeLessThanOrEqual(
          whole.length,
        );
      } catch (error) {
        expect(error).toMatchObject({ name: 'GgufFailure', exitCode: 3 });
      }
    }
  });
});
