/** A llama-quantize of the owner's instead of the packaged library: found, asked, used, and never trusted. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import {
  openQuantizationMeans,
  quantizeGguf,
  type QuantizationMeans,
  type QuantizedGguf,
  type QuantizeGgufOptions,
} from '../../src/quantize/index.ts';
import { importanceGguf, inner } from '../fakes/importance-matrix.ts';
import { fakeQuantizeTool } from '../fakes/llama-quantize.ts';

let folder = '';
const file = (name: string): string => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-tool-'));
  await writeFile(file('f16.gguf'), await ggufBytes(sampleModel({ type: 'F16' })));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

interface Wanted {
  readonly tool?: string | null;
  readonly llamaCppDir?: string | null;
  readonly imatrix?: string | null;
}

async function means({
  tool = null,
  llamaCppDir = null,
  imatrix = null,
}: Wanted): Promise<QuantizationMeans> {
  return openQuantizationMeans(['Q4_0'], { tool, llamaCppDir, imatrix });
}

async function quantize(wanted: Wanted, options: Partial<QuantizeGgufOptions> = {}): Promise<QuantizedGguf> {
  const outPath = file('made/out.gguf');
  return quantizeGguf(file('f16.gguf'), { type: 'Q4_0', outPath, means: await means(wanted), ...options });
}

async function made(): Promise<readonly string[]> {
  return readdir(file('made')).catch(() => []);
}

describe('quantizing with a llama-quantize', () => {
  it('makes what the library makes, says who made it, and counts up on the way', async () => {
    const tool = await fakeQuantizeTool(file('my-quantize'));
    const model = sampleModel({ type: 'F16' });
    await writeFile(file('matrix.gguf'), await importanceGguf(inner(model.tensors)));
    const imatrix = file('matrix.gguf');
    const shares: number[] = [];
    const result = await quantize(
      { tool, imatrix },
      { onProgress: (event) => event.kind === 'bytes' && shares.push(event.doneBytes / event.totalBytes) },
    );

    expect(result).toMatchObject({ tool, release: '9.9.9 (build 1, commit abcdef0)', warnings: [] });
    expect(result.imatrix).toEqual({ path: imatrix, entryCount: 21, chunkCount: 7 });
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBeGreaterThan(0.9);
    await quantize({ imatrix }, { outPath: file('library.gguf') });
    const [ours, theirs] = await Promise.all(
      ['library.gguf', 'made/out.gguf'].map((name) => readFile(file(name))),
    );
    expect(ours?.equals(theirs as Buffer)).toBe(true);
    expect(await made()).toEqual(['out.gguf']);
  });

  it('leaves nothing where it is interrupted', async () => {
    const tool = await fakeQuantizeTool(file('my-quantize'), 'hangs');
    const controller = new AbortController();
    const asked = quantize(
      { tool },
      {
        signal: controller.signal,
        onProgress: (event) => event.kind === 'bytes' && controller.abort(),
      },
    );
    await expect(asked).rejects.toMatchObject({ code: 'CORE_INTERRUPTED', exitCode: 130 });
    expect(await made()).toEqual([]);
  });

  it('quotes what it says, with nothing in it that a terminal would obey', async () => {
    const tool = await fakeQuantizeTool(file('my-quantize'), 'fails');
    const failure = (await quantize({ tool }).catch((error: unknown) => error)) as Error;
    expect(failure).toMatchObject({ code: 'QUANTIZE_FAILED' });
    expect(failure.message).toMatch(/failed to quantize: tensor .*red is missing$/);
    expect(failure.message).not.toContain('\u001B');
    expect(await made()).toEqual([]);
  });

  it.each([
    ['crashes', 'QUANTIZE_CRASHED'],
    ['writes-nonsense', 'GGUF_MAGIC_INVALID'],
  ])('leaves nothing where it %s', async (how, code) => {
    const tool = await fakeQuantizeTool(file('my-quantize'), how);
    await expect(quantize({ tool })).rejects.toMatchObject({ code });
    expect(await made()).toEqual([]);
  });

  it('hands it none of the variables that steer llama.cpp or open a hub', async () => {
    vi.stubEnv('LLAMA_CPP_DIR', folder);
    vi.stubEnv('HF_TOKEN', 'secret');
    const tool = await fakeQuantizeTool(file('my-quantize'), 'tells-environment');
    await expect(quantize({ tool })).rejects.toMatchObject({
      message: expect.stringContaining(' 0 variables') as string,
    });
  });
});

describe('finding a llama-quantize', () => {
  it.each(['llama-quantize', 'build/bin/llama-quantize', 'bin/llama-quantize'])(
    'finds %s in LLAMA_CPP_DIR',
    async (place) => {
      const path = await fakeQuantizeTool(join(folder, 'llama.cpp', place));
      expect((await means({ llamaCppDir: file('llama.cpp') })).tool?.path).toBe(path);
    },
  );

  it('takes --tool before LLAMA_CPP_DIR, and the packaged library where it is asked for', async () => {
    await fakeQuantizeTool(file('llama.cpp/llama-quantize'));
    const tool = await fakeQuantizeTool(file('mine'));
    const llamaCppDir = file('llama.cpp');
    expect((await means({ tool, llamaCppDir })).tool?.path).toBe(tool);
    expect((await means({ tool: 'packaged', llamaCppDir })).tool).toBeNull();
    expect((await means({})).tool).toBeNull();
  });

  it('names every place it looked at, and takes nothing else instead', async () => {
    await mkdir(file('llama.cpp'));
    await expect(means({ llamaCppDir: file('llama.cpp') })).rejects.toMatchObject({
      code: 'QUANTIZE_TOOL_MISSING',
      exitCode: 1,
      details: {
        looked_at: ['llama-quantize', 'build/bin/llama-quantize', 'bin/llama-quantize'].map((name) =>
          join(folder, 'llama.cpp', name),
        ),
      },
    });
    await expect(means({ tool: file('nowhere') })).rejects.toMatchObject({ code: 'QUANTIZE_TOOL_MISSING' });
    await expect(means({ tool: folder })).rejects.toMatchObject({ code: 'QUANTIZE_TOOL_MISSING' });
  });

  it.each(['other-program', 'old'])('refuses one whose help is that of a program that is %s', async (how) => {
    const tool = await fakeQuantizeTool(file('mine'), how);
    await expect(means({ tool })).rejects.toMatchObject({
      code: 'QUANTIZE_TOOL_UNUSABLE',
      message: expect.stringContaining('--dry-run') as string,
    });
  });

  it('refuses one that may not be executed, or is no program', async () => {
    await writeFile(file('plain'), 'text', { mode: 0o644 });
    await expect(means({ tool: file('plain') })).rejects.toMatchObject({ code: 'QUANTIZE_TOOL_UNUSABLE' });
    await writeFile(file('garbage'), '\u0000\u0001', { mode: 0o755 });
    await expect(means({ tool: file('garbage') })).rejects.toMatchObject({ code: 'QUANTIZE_TOOL_UNUSABLE' });
  });
});
