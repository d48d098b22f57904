import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertRange, memorySource, sliceSource } from '../../../src/core/byte-source.ts';
import { CoreFailure } from '../../../src/core/error.ts';

const bytes = Uint8Array.from({ length: 10 }, (_, index) => index);

describe('memorySource', () => {
  it('gives exactly the bytes asked for, and none for a length of zero', async () => {
    const source = memorySource(bytes, 'ten bytes');
    expect(source).toMatchObject({ name: 'ten bytes', sizeBytes: 10 });
    expect([...(await source.read(3, 4))]).toEqual([3, 4, 5, 6]);
    expect(await source.read(10, 0)).toHaveLength(0);
  });

  it('fills the buffer it is handed and returns only the part it filled', async () => {
    const buffer = new Uint8Array(8).fill(255);
    const part = await memorySource(bytes).read(6, 4, buffer);
    expect([...part]).toEqual([6, 7, 8, 9]);
    expect(part.buffer).toBe(buffer.buffer);
    expect([...buffer]).toEqual([6, 7, 8, 9, 255, 255, 255, 255]);
  });

  it('refuses what lies past its end and names both sizes', async () => {
    await expect(memorySource(bytes, 'ten bytes').read(8, 3)).rejects.toMatchObject({
      code: 'CORE_SOURCE_SHORT',
      exitCode: 1,
      message: 'ten bytes ends before the bytes that are needed.',
      details: { expected: '3 bytes at offset 8', received: '10 bytes in all' },
    });
  });
});

describe('assertRange', () => {
  it.each([
    ['a negative offset', -1, 1],
    ['a negative length', 0, -1],
    ['a fraction', 0.5, 1],
    ['no number', Number.NaN, 1],
    ['a length without end', 0, Number.POSITIVE_INFINITY],
    ['a number too large to be exact', 2 ** 53, 0],
    ['a sum that would lose its last digits', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('refuses %s', (_, offset, length) => {
    expect(() => assertRange({ name: 'x', sizeBytes: 100 }, offset, length)).toThrow(CoreFailure);
  });
});

describe('sliceSource', () => {
  it('keeps the name of its source unless it is given one', () => {
    expect(sliceSource(memorySource(bytes, 'outer'), 1, 2).name).toBe('outer');
    expect(sliceSource(memorySource(bytes, 'outer'), 1, 2, 'inner').name).toBe('inner');
  });

  it('refuses to be made past the end of its source', () => {
    expect(() => sliceSource(memorySource(bytes), 8, 3)).toThrow(CoreFailure);
  });

  it('refuses a read past its own end, though its source goes on', async () => {
    const slice = sliceSource(memorySource(bytes), 2, 3, 'inner');
    await expect(slice.read(1, 3)).rejects.toMatchObject({ code: 'CORE_SOURCE_SHORT' });
  });

  it('reads what a slice of the array reads, at any depth of slices', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 64 }),
        fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 4 }),
        fc.boolean(),
        async (content, cuts, withBuffer) => {
          let source = memorySource(content);
          let expected = content;
          for (const [a, b] of cuts) {
            const offset = a % (expected.length + 1);
            const length = b % (expected.length - offset + 1);
            source = sliceSource(source, offset, length);
            expected = expected.subarray(offset, offset + length);
          }
          const into = withBuffer ? new Uint8Array(80) : undefined;
          expect(source.sizeBytes).toBe(expected.length);
          expect([...(await source.read(0, expected.length, into))]).toEqual([...expected]);
        },
      ),
    );
  });
});
