import { describe, expect, it } from 'vitest';
import { GGML_TYPES, ggmlSizeBytes, ggmlTypeOfId, REMOVED_GGML_TYPES } from '../../../src/gguf/ggml-types.ts';

describe('the types of ggml', () => {
  it('fill the numbers 0 to 42, each once, known or removed', () => {
    const ids = [...Object.values(GGML_TYPES).map(({ id }) => id), ...REMOVED_GGML_TYPES.keys()];
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 43 }, (_, id) => id));
  });

  it('are found by their number', () => {
    expect([ggmlTypeOfId(0), ggmlTypeOfId(12), ggmlTypeOfId(40), ggmlTypeOfId(4), ggmlTypeOfId(43)]).toEqual([
      'F32',
      'Q4_K',
      'NVFP4',
      null,
      null,
    ]);
  });

  it.each([
    ['F32', [10, 3], 120],
    ['Q4_0', [64, 3], 108],
    ['Q4_K', [256, 2], 288],
    ['Q6_K', [256], 210],
    ['TQ1_0', [256], 54],
    ['MXFP4', [32], 17],
    ['NVFP4', [64], 36],
    ['IQ1_M', [512], 112],
    ['F16', [], 2],
    ['Q8_0', [32, 0], 0],
    ['Q8_0', [33], null],
  ] as const)('%s with %j takes %s bytes', (type, dims, sizeBytes) => {
    expect(ggmlSizeBytes(type, dims)).toBe(sizeBytes);
  });
});
