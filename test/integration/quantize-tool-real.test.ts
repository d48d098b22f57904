/** What the packaged library makes, held against a real llama-quantize: `MILTON_LLAMA_QUANTIZE` names one of this machine. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import {
  openQuantizationMeans,
  quantizeGguf,
  type QuantizationType,
  type QuantizedGguf,
} from '../../src/quantize/index.ts';
import { importanceDat, importanceGguf, inner } from '../fakes/importance-matrix.ts';

const TOOL = process.env['MILTON_LLAMA_QUANTIZE'] ?? '';

describe.skipIf(TOOL === '')('a real llama-quantize (needs MILTON_LLAMA_QUANTIZE)', () => {
  let folder = '';
  const file = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'milton-real-quantize-'));
    const model = sampleModel({ type: 'F16', blockCount: 1, vocabularySize: 300 });
    await writeFile(file('f16.gguf'), await ggufBytes(model));
    await writeFile(file('matrix.gguf'), await importanceGguf(inner(model.tensors)));
    await writeFile(file('matrix.dat'), importanceDat(inner(model.tensors)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function make(
    type: QuantizationType,
    {
      matrix,
      tool,
      name,
    }: { readonly matrix: string | null; readonly tool: string | null; readonly name: string },
  ): Promise<QuantizedGguf> {
    const imatrix = matrix === null ? null : file(matrix);
    const means = await openQuantizationMeans([type], { tool, llamaCppDir: null, imatrix });
    return quantizeGguf(file('f16.gguf'), { type, outPath: file(name), means });
  }

  it.each([
    ['Q4_0', null],
    ['Q4_K_M', null],
    ['Q8_0', null],
    ['Q4_0', 'matrix.gguf'],
    ['Q4_K_M', 'matrix.gguf'],
    ['IQ2_XXS', 'matrix.gguf'],
    ['IQ3_XS', 'matrix.gguf'],
    ['Q4_K_M', 'matrix.dat'],
    ['Q2_K_S', 'matrix.dat'],
  ] satisfies [QuantizationType, string | null][])(
    'makes the same bytes of %s with the matrix %s: by hand, as --tool, and by the library',
    async (type, matrix) => {
      const id = `${type}-${matrix ?? 'none'}`;
      const ours = await make(type, { matrix, tool: null, name: `${id}-library.gguf` });
      const tool = await make(type, { matrix, tool: TOOL, name: `${id}-tool.gguf` });
      const options = matrix === null ? [] : ['--imatrix', matrix];
      const byHand = spawnSync(TOOL, [...options, 'f16.gguf', `${id}-hand.gguf`, type], { cwd: folder });

      expect(byHand.status).toBe(0);
      expect(ours).toMatchObject({ tool: null, release: 'v0.5.0' });
      expect(tool).toMatchObject({ tool: TOOL, release: expect.stringMatching(/^0\.|build/) as string });
      const [a, b, c] = await Promise.all(
        ['library', 'tool', 'hand'].map((how) => readFile(file(`${id}-${how}.gguf`))),
      );
      expect([b?.equals(c as Buffer), a?.equals(c as Buffer)]).toEqual([true, true]);
    },
    120_000,
  );
});
