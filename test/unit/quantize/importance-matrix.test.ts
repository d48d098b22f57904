import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, memorySource } from '../../../src/core/index.ts';
import { ggufBytes, type GgufValue } from '../../../src/gguf/index.ts';
import { parseImportanceMatrix } from '../../../src/quantize/importance-matrix.ts';
import type { ImportanceTable } from '../../../src/quantize/importance-table.ts';
import { importanceDat, importanceGguf } from '../../fakes/importance-matrix.ts';

const WEIGHTS = [
  { name: 'blk.0.attn_q.weight', dims: [64, 64] },
  { name: 'blk.0.ffn_up_exps.weight', dims: [32, 16, 4] },
];

async function parse(bytes: Uint8Array): Promise<ImportanceTable> {
  return parseImportanceMatrix(memorySource(bytes, 'matrix'));
}

async function isFailure(bytes: Uint8Array): Promise<boolean> {
  return parse(bytes).then(
    () => false,
    (error: unknown) => {
      expect(error).toBeInstanceOf(Failure);
      return true;
    },
  );
}

describe('parseImportanceMatrix', () => {
  it('reads the form of today, with a divisor for each expert', async () => {
    const count = (name: string, expert: number): number => (name.includes('exps') ? expert * 10 : 64);
    const table = await parse(await importanceGguf(WEIGHTS, { count, datasets: ['a.txt', 'b.txt'] }));
    expect(table).toMatchObject({ format: 'gguf', datasets: ['a.txt', 'b.txt'], chunkCount: 7 });
    expect(table.entries).toMatchObject([
      { name: 'blk.0.attn_q.weight', columns: 64, divisors: [64] },
      { name: 'blk.0.ffn_up_exps.weight', columns: 32, divisors: [0, 10, 20, 30] },
    ]);
  });

  it('reads the form before, which has the experts in one row', async () => {
    expect(await parse(importanceDat(WEIGHTS))).toMatchObject({
      format: 'dat',
      datasets: ['calibration.txt'],
      chunkCount: 7,
      entries: [
        { name: 'blk.0.attn_q.weight', offset: 4 + 4 + 19 + 8, columns: 64, divisors: [7] },
        { name: 'blk.0.ffn_up_exps.weight', columns: 128, divisors: [7] },
      ],
    });
  });

  it('takes numbers that were never called for what they are', async () => {
    const [entry] = (await parse(importanceDat(WEIGHTS, { calls: 0 }))).entries;
    expect(entry?.divisors).toEqual([1]);
  });

  it.each([
    ['an empty file', new Uint8Array(0)],
    ['a text', new TextEncoder().encode('importance, but not as we know it')],
    ['no entries', new Uint8Array(4)],
    ['more after its end', Buffer.concat([importanceDat(WEIGHTS), new Uint8Array(1)])],
    ['one weight twice', importanceDat([...WEIGHTS, ...WEIGHTS])],
    ['a name that no tensor can have', importanceDat([{ name: 'x'.repeat(64), dims: [4] }])],
    ['calls below zero', importanceDat(WEIGHTS, { calls: -1 })],
  ])('refuses %s', async (_what, bytes) => {
    await expect(parse(bytes)).rejects.toMatchObject({ code: 'QUANTIZE_IMATRIX_INVALID', exitCode: 3 });
  });

  const sound = new Map<string, GgufValue>([
    ['general.type', { kind: 'string', value: 'imatrix' }],
    ['imatrix.datasets', { kind: 'array', itemKind: 'string', items: [] }],
    ['imatrix.chunk_count', { kind: 'uint32', value: 1 }],
    ['imatrix.chunk_size', { kind: 'uint32', value: 512 }],
  ]);
  const tensor = (name: string, count: number) =>
    ({ name, dims: [count], type: 'F32', data: new Uint8Array(count * 4) }) as const;
  const pair = [tensor('w.in_sum2', 8), tensor('w.counts', 1)];

  it('takes a smallest one, and passes over tensors that it does not know', async () => {
    const tensors = [...pair, tensor('w.in_sum4', 2)];
    expect((await parse(await ggufBytes({ metadata: sound, tensors }))).entries).toMatchObject([
      { name: 'w', columns: 8, divisors: [0] },
    ]);
  });

  it.each([
    ['of another type', { 'general.type': { kind: 'string', value: 'model' } }, pair],
    ['without its texts', { 'imatrix.datasets': { kind: 'string', value: '' } }, pair],
    ['with a count of another kind', { 'imatrix.chunk_count': { kind: 'int32', value: 1 } }, pair],
    ['without weights', {}, []],
    ['without counts', {}, [tensor('w.in_sum2', 8)]],
    ['without sums', {}, [tensor('w.counts', 1)]],
    ['with rows that do not come out even', {}, [tensor('w.in_sum2', 8), tensor('w.counts', 3)]],
    ['with halves', {}, [{ ...tensor('w.in_sum2', 16), dims: [32], type: 'F16' }, tensor('w.counts', 1)]],
  ] as const)('refuses a GGUF %s', async (_what, change, tensors) => {
    const metadata = new Map([...sound, ...Object.entries(change)]);
    const bytes = await ggufBytes({ metadata, tensors });
    await expect(parse(bytes)).rejects.toMatchObject({ code: 'QUANTIZE_IMATRIX_INVALID' });
  });

  it('refuses counts that are no counts', async () => {
    const bytes = await ggufBytes({ metadata: sound, tensors: pair });
    for (const count of [-1, NaN, Infinity]) {
      new DataView(bytes.buffer, bytes.byteOffset).setFloat32(bytes.length - 32, count, true);
      await expect(parse(bytes)).rejects.toMatchObject({ code: 'QUANTIZE_IMATRIX_INVALID' });
    }
  });

  it('refuses either form wherever it is cut', async () => {
    const gguf = await importanceGguf(WEIGHTS);
    // The last one's padding is nobody's loss.
    for (let length = 0; length < gguf.length - 32; length += 7) {
      expect(await isFailure(gguf.subarray(0, length))).toBe(true);
    }
    const dat = importanceDat(WEIGHTS, { dataset: null });
    for (let length = 0; length < dat.length; length += 1) {
      expect(await isFailure(dat.subarray(0, length))).toBe(true);
    }
  });

  it('reads any bytes or throws a Failure', async () => {
    const [gguf, dat] = [await importanceGguf(WEIGHTS), importanceDat(WEIGHTS)];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(gguf, dat),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (bytes, flips) => {
          const damaged = Uint8Array.from(bytes);
          for (const [at, value] of flips) damaged[at] = value;
          await isFailure(damaged);
        },
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => void (await isFailure(bytes))),
    );
  });
});
