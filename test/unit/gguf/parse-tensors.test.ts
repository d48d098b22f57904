import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { HeaderReader } from '../../../src/gguf/header-reader.ts';
import { parseTensors } from '../../../src/gguf/parse-tensors.ts';
import { RawGguf } from '../../fixtures/raw-gguf.ts';

const parse = (raw: RawGguf, count = 1) => parseTensors(new HeaderReader(memorySource(raw.bytes())), count);

describe('parseTensors', () => {
  it('reads name, shape, type, offset and size', async () => {
    const raw = new RawGguf()
      .tensor({ name: 'x', dims: [64, 3], type: 2 })
      .tensor({ name: 'y', dims: [], type: 28, offset: 128 });
    expect(await parse(raw, 2)).toEqual([
      {
        name: 'x',
        type: 'Q4_0',
        typeId: 2,
        dims: [64, 3],
        elementCount: 192,
        sizeBytes: 108,
        offset: 0,
        infoOffset: 0,
      },
      {
        name: 'y',
        type: 'F64',
        typeId: 28,
        dims: [],
        elementCount: 1,
        sizeBytes: 8,
        offset: 128,
        infoOffset: 41,
      },
    ]);
  });

  it('keeps an unknown type and a row of half a block for the check to judge', async () => {
    expect(await parse(new RawGguf().tensor({ type: 99 }))).toMatchObject([
      { type: null, typeId: 99, sizeBytes: 0 },
    ]);
    expect(await parse(new RawGguf().tensor({ dims: [33], type: 2 }))).toMatchObject([
      { type: 'Q4_0', sizeBytes: 0 },
    ]);
  });

  it('refuses five dimensions', async () => {
    await expect(parse(new RawGguf().tensor({ dims: [1, 1, 1, 1, 1] }))).rejects.toMatchObject({
      code: 'GGUF_DIMENSION_COUNT',
      details: { offset: 0, received: 5 },
    });
  });

  it('refuses what llama.cpp reads as a negative dimension', async () => {
    await expect(parse(new RawGguf().tensor({ dims: [(1n << 64n) - 1n] }))).rejects.toMatchObject({
      code: 'GGUF_DIMENSION_NEGATIVE',
      details: { received: '-1' },
    });
  });

  it.each([
    ['a dimension of 2^62', { dims: [1n << 62n] }],
    ['dimensions that multiply to 2^64, which is 0 in 64 bits', { dims: [1n << 32n, 1n << 32n] }],
    ['2^52 elements of 8 bytes', { dims: [1n << 52n], type: 28 }],
    ['2^64 elements of a type whose size is unknown', { dims: [1n << 32n, 1n << 32n], type: 99 }],
    ['an offset of 2^63', { offset: 1n << 63n }],
  ])('refuses %s', async (_what, info) => {
    await expect(parse(new RawGguf().tensor(info))).rejects.toMatchObject({
      code: 'GGUF_DIMENSIONS_OVERFLOW',
      details: { offset: 0 },
    });
  });

  it('refuses a name of 2^16 bytes without keeping it, and one that is not UTF-8', async () => {
    await expect(parse(new RawGguf().tensor({ name: 'n'.repeat(65_536) }))).rejects.toMatchObject({
      code: 'GGUF_LIMIT_EXCEEDED',
    });
    await expect(parse(new RawGguf().u64(1).u8(0xff).zeros(32))).rejects.toMatchObject({
      code: 'GGUF_STRING_NOT_UTF8',
    });
  });

  it('refuses a description that is cut off', async () => {
    const bytes = new RawGguf().tensor().bytes();
    for (let size = 0; size < bytes.length; size += 1) {
      const failure = parse(new RawGguf().raw(bytes.subarray(0, size)));
      await expect(failure).rejects.toMatchObject({
        code: size >= 8 && size < 16 ? 'GGUF_LENGTH_IMPOSSIBLE' : 'GGUF_TRUNCATED',
      });
    }
  });
});
