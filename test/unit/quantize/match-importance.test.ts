import { describe, expect, it } from 'vitest';
import type { GgmlType, GgufFile, GgufTensor } from '../../../src/gguf/index.ts';
import { assertMatrixGiven, assertSameModel, judgeCoverage } from '../../../src/quantize/match-importance.ts';

const TENSORS: readonly Pick<GgufTensor, 'name' | 'dims' | 'type'>[] = [
  { name: 'token_embd.weight', dims: [64, 300], type: 'F16' },
  { name: 'blk.0.attn_norm.weight', dims: [64], type: 'F32' },
  { name: 'blk.0.attn_q.weight', dims: [64, 64], type: 'F16' },
  { name: 'blk.0.ffn_up_exps.weight', dims: [64, 32, 4], type: 'F16' },
];
const FILE = { name: 'model.gguf', tensors: TENSORS } as unknown as GgufFile;

const Q = { name: 'blk.0.attn_q.weight', offset: 0, columns: 64, divisors: [1] };
const EXPERTS = { name: 'blk.0.ffn_up_exps.weight', offset: 0, columns: 64, divisors: [1, 2, 3, 4] };
const path = 'm.gguf';

function planned(type: GgmlType): ReadonlyMap<string, GgmlType | null> {
  return new Map(TENSORS.map((tensor) => [tensor.name, tensor.dims.length === 1 ? tensor.type : type]));
}

describe('assertMatrixGiven', () => {
  it('refuses a type of few bits without a matrix, and no other', () => {
    for (const type of ['IQ1_S', 'IQ2_M', 'IQ3_XS', 'IQ3_XXS', 'Q2_K_S'] as const) {
      expect(() => assertMatrixGiven(type, null)).toThrowError(
        expect.objectContaining({ code: 'QUANTIZE_IMATRIX_NEEDED' }),
      );
      expect(() => assertMatrixGiven(type, path)).not.toThrow();
    }
    for (const type of ['Q2_K', 'IQ3_S', 'IQ4_XS', 'Q4_0'] as const) assertMatrixGiven(type, null);
  });
});

describe('assertSameModel', () => {
  it('takes one that tells of some weights, in rows or in one row', () => {
    assertSameModel({ path, entries: [Q] }, FILE);
    assertSameModel({ path, entries: [Q, EXPERTS] }, FILE);
    assertSameModel({ path, entries: [{ ...EXPERTS, columns: 256, divisors: [7] }] }, FILE);
  });

  it.each([
    ['a weight that the model has not', { ...Q, name: 'blk.1.attn_q.weight' }],
    ['more columns', { ...Q, columns: 128 }],
    ['fewer experts', { ...EXPERTS, divisors: [1, 2] }],
  ])('refuses one that tells of %s, and names it', (_what, entry) => {
    expect(() => assertSameModel({ path, entries: [Q, entry] }, FILE)).toThrowError(
      expect.objectContaining({
        code: 'QUANTIZE_IMATRIX_OTHER_MODEL',
        message: expect.stringContaining(entry.name) as string,
      }),
    );
  });
});

describe('judgeCoverage', () => {
  const types = planned('Q4_K');

  it('says nothing where there is no matrix, or where it tells of all but the outer weights', () => {
    expect(judgeCoverage(null, FILE, { types, type: 'Q4_K_M' })).toEqual([]);
    expect(judgeCoverage({ path, entries: [Q, EXPERTS] }, FILE, { types, type: 'Q4_K_M' })).toEqual([]);
  });

  it('warns of weights that are quantized without', () => {
    const [warning] = judgeCoverage({ path, entries: [Q] }, FILE, { types, type: 'Q4_K_M' });
    expect(warning?.code).toBe('QUANTIZE_IMATRIX_PARTIAL');
    expect(warning?.message).toContain('nothing of 1 that are quantized, such as blk.0.ffn_up_exps.weight');
  });

  it('warns of experts that were never used', () => {
    const entries = [Q, { ...EXPERTS, divisors: [1, 0, 3, 0] }];
    expect(judgeCoverage({ path, entries }, FILE, { types, type: 'Q4_K_M' })).toMatchObject([
      { code: 'QUANTIZE_IMATRIX_UNUSED', message: expect.stringMatching(/^2 of 5 matrices/) as string },
    ]);
  });

  it.each([
    ['IQ2_XS', 'IQ2_XS'],
    ['Q2_K', 'Q2_K_S'],
  ] as const)('refuses %s in a file of %s where a weight has none', (made, type) => {
    const asked = { types: planned(made), type };
    expect(() => judgeCoverage({ path, entries: [Q] }, FILE, asked)).toThrowError(
      expect.objectContaining({
        code: 'QUANTIZE_IMATRIX_NEEDED',
        message: expect.stringContaining('blk.0.ffn_up_exps.weight') as string,
      }),
    );
    expect(judgeCoverage(null, FILE, { types: planned('Q2_K'), type: 'Q2_K' })).toEqual([]);
  });
});
