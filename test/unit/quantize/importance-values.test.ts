import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { readImportances } from '../../../src/quantize/importance-values.ts';

describe('readImportances', () => {
  it('divides each matrix by its own count in float32, and counts 1 for what was never used', async () => {
    const sums = new Float32Array([1, 2, 30, 40, 5, 6]);
    const bytes = Buffer.concat([new Uint8Array(4), new Uint8Array(sums.buffer)]);
    const entries = [{ name: 'w', offset: 4, columns: 2, divisors: [3, 10, 0] }];
    const [read] = await readImportances(memorySource(bytes), entries);
    expect(read?.name).toBe('w');
    expect([...(read?.values ?? [])]).toEqual([Math.fround(1 / 3), Math.fround(2 / 3), 3, 4, 1, 1]);
  });
});
