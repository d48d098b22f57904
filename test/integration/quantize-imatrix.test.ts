/** Quantizing with an importance matrix, by the packaged library. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memorySource } from '../../src/core/index.ts';
import { ggufBytes, metadataNumber, metadataString, parseGguf, sampleModel } from '../../src/gguf/index.ts';
import {
  openQuantizationMeans,
  quantizeGguf,
  type QuantizationType,
  type QuantizedGguf,
} from '../../src/quantize/index.ts';
import { importanceDat, importanceGguf, inner, type Weight } from '../fakes/importance-matrix.ts';

const MODEL = sampleModel({ type: 'F16', blockCount: 1, vocabularySize: 300 });
const WEIGHTS = inner(MODEL.tensors);

let folder = '';
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-imatrix-'));
  await writeFile(file('f16.gguf'), await ggufBytes(MODEL));
  await writeFile(file('matrix.gguf'), await importanceGguf(WEIGHTS));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function make(
  type: QuantizationType,
  { imatrix, name }: { readonly imatrix: string | null; readonly name: string },
): Promise<QuantizedGguf> {
  const path = imatrix === null ? null : file(imatrix);
  const means = await openQuantizationMeans([type], { tool: null, llamaCppDir: null, imatrix: path });
  return quantizeGguf(file('f16.gguf'), { type, outPath: file(name), means });
}

async function keep(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(file(name), bytes);
  return name;
}

describe('an importance matrix', () => {
  it('changes the weights, and is told of in the file by its name alone', async () => {
    await make('Q4_K_M', { imatrix: null, name: 'without.gguf' });
    const made = await make('Q4_K_M', { imatrix: 'matrix.gguf', name: 'with.gguf' });
    expect(made.imatrix).toEqual({ path: file('matrix.gguf'), entryCount: 7, chunkCount: 7 });
    expect(made.warnings).toEqual([]);

    const [plain, weighed] = await Promise.all(
      ['without.gguf', 'with.gguf'].map((name) => readFile(file(name))),
    );
    const [before, after] = await Promise.all(
      [plain, weighed].map((bytes) => parseGguf(memorySource(bytes as Buffer, 'made.gguf'))),
    );
    const dataOf = (bytes: Buffer | undefined, offset = 0): Buffer => (bytes as Buffer).subarray(offset);
    expect(dataOf(weighed, after?.dataOffset).equals(dataOf(plain, before?.dataOffset))).toBe(false);
    expect(after?.tensors.map(({ type }) => type)).toEqual(before?.tensors.map(({ type }) => type));
    const header = { metadata: after?.metadata ?? new Map() };
    expect(metadataString(header, 'quantize.imatrix.file')).toBe('matrix.gguf');
    expect(metadataString(header, 'quantize.imatrix.dataset')).toBe('calibration.txt');
    expect(metadataNumber(header, 'quantize.imatrix.entries_count')).toBe(7);
    expect(metadataNumber(header, 'quantize.imatrix.chunks_count')).toBe(7);
    expect([...(before?.metadata.keys() ?? [])].filter((key) => key.startsWith('quantize.'))).toEqual([]);
  });

  it('is read in its older form too', async () => {
    await keep('matrix.dat', importanceDat(WEIGHTS, { calls: 8, dataset: null }));
    await keep('same.gguf', await importanceGguf(WEIGHTS));
    const made = await make('Q4_K_S', { imatrix: 'matrix.dat', name: 'dat.gguf' });
    expect(made.imatrix).toMatchObject({ entryCount: 7, chunkCount: 0 });
    await make('Q4_K_S', { imatrix: 'same.gguf', name: 'gguf.gguf' });
    // The same means, so the same weights; only the keys differ.
    const weights = await Promise.all(
      ['dat.gguf', 'gguf.gguf'].map(async (name) => {
        const bytes = await readFile(file(name));
        return bytes.subarray((await parseGguf(memorySource(bytes, name))).dataOffset);
      }),
    );
    expect(weights[0]?.equals(weights[1] as Buffer)).toBe(true);
  });

  it('makes types possible that need one, and are refused without', async () => {
    await expect(make('IQ2_XXS', { imatrix: null, name: 'iq2.gguf' })).rejects.toMatchObject({
      code: 'QUANTIZE_IMATRIX_NEEDED',
      exitCode: 3,
    });
    const made = await make('IQ2_XXS', { imatrix: 'matrix.gguf', name: 'iq2.gguf' });
    expect(made.sizeBytes).toBeLessThan(made.sourceBytes / 4);
  });

  it('is refused for such a type where it says nothing of a weight', async () => {
    const some = WEIGHTS.filter(({ name }) => !name.includes('ffn_up'));
    await keep('some.gguf', await importanceGguf(some));
    await expect(make('IQ2_XXS', { imatrix: 'some.gguf', name: 'some-out.gguf' })).rejects.toMatchObject({
      code: 'QUANTIZE_IMATRIX_NEEDED',
      message: expect.stringContaining('blk.0.ffn_up.weight') as string,
    });
    const made = await make('Q4_0', { imatrix: 'some.gguf', name: 'some-q4.gguf' });
    expect(made.warnings).toMatchObject([{ code: 'QUANTIZE_IMATRIX_PARTIAL' }]);
  });

  it.each([
    ['that is deeper', (weights) => [...weights, { name: 'blk.1.ffn_up.weight', dims: [256, 512] }]],
    ['that is wider', ([first, ...rest]) => [{ ...(first as Weight), dims: [512, 512] }, ...rest]],
  ] satisfies [string, (weights: readonly Weight[]) => readonly Weight[]][])(
    'of a model %s is refused before any work',
    async (_what, change) => {
      await keep('other.gguf', await importanceGguf(change(WEIGHTS)));
      await expect(make('Q4_0', { imatrix: 'other.gguf', name: 'never.gguf' })).rejects.toMatchObject({
        code: 'QUANTIZE_IMATRIX_OTHER_MODEL',
        exitCode: 3,
      });
      expect(await readdir(folder)).not.toContain('never.gguf');
    },
  );

  it.each([
    ['no number', NaN],
    ['endless', Infinity],
    ['below zero', -1],
  ])('is refused where a number is %s, with its place', async (_what, value) => {
    const bytes = await importanceGguf(WEIGHTS);
    new DataView(bytes.buffer, bytes.byteOffset).setFloat32(bytes.length - 64 * 4 - 256, value, true);
    await keep('damaged.gguf', bytes);
    await expect(make('Q4_0', { imatrix: 'damaged.gguf', name: 'never.gguf' })).rejects.toMatchObject({
      code: 'QUANTIZE_IMATRIX_INVALID',
      details: { offset: bytes.length - 64 * 4 - 256 },
    });
  });

  it('is refused where it is a model', async () => {
    await expect(make('Q4_0', { imatrix: 'f16.gguf', name: 'never.gguf' })).rejects.toMatchObject({
      code: 'QUANTIZE_IMATRIX_INVALID',
    });
  });
});
