/** Real quantization by llama.cpp's own library, and every way in which it must not go wrong. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadLlamaCppEngine } from '../../src/engine/index.ts';
import { ggufBytes, sampleModel, type SampleModelOptions } from '../../src/gguf/index.ts';
import { quantizeGguf, type QuantizationType } from '../../src/quantize/index.ts';
import { hashBytes } from '../../src/system/index.ts';

let folder = '';
let source = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-quantize-'));
  source = await model('model-f16.gguf', { type: 'F16' });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function model(name: string, options: SampleModelOptions): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, await ggufBytes(sampleModel(options)));
  return path;
}

const out = (name = 'out.gguf'): string => join(folder, 'made', name);

async function made(): Promise<readonly string[]> {
  return readdir(join(folder, 'made')).catch(() => []);
}

describe('quantizeGguf', () => {
  it.each(['Q4_0', 'Q4_K_M', 'BF16'] satisfies QuantizationType[])(
    'makes a model in %s that loads and generates',
    async (type) => {
      const before = hashBytes(await readFile(source));
      const made = await quantizeGguf(source, { type, outPath: out() });

      expect(made).toMatchObject({ type, path: out(), release: 'v0.5.0', warnings: [] });
      expect((await readFile(out())).length).toBe(made.sizeBytes);
      expect(hashBytes(await readFile(source))).toBe(before);
      const engine = await loadLlamaCppEngine();
      const loaded = await engine.load({ path: out(), limits: { memoryBytes: 300e6, wallMs: 60_000 } });
      const prompt = { prompt: 'a', tokens: 4, banEndOfGeneration: true, checkLogits: true };
      expect(await loaded.generate(prompt)).toMatchObject({ tokenCount: 4, logits: { allFinite: true } });
      await loaded.close();
    },
  );

  it('gives the same bytes with one thread and with two', async () => {
    for (const threads of [1, 2]) {
      await quantizeGguf(source, { type: 'Q4_K_M', outPath: out(`${threads}.gguf`), threads });
    }
    expect(hashBytes(await readFile(out('1.gguf')))).toBe(hashBytes(await readFile(out('2.gguf'))));
  });

  it('tells in a dry run how large it would be, and writes nothing', async () => {
    const asked = await quantizeGguf(source, { type: 'Q4_0', outPath: out(), dryRun: true });
    expect(await made()).toEqual([]);
    const done = await quantizeGguf(source, { type: 'Q4_0', outPath: out() });
    expect(Math.abs(asked.sizeBytes - done.sizeBytes)).toBeLessThan(1024);
  });

  it('hears all that is said of hundreds of tensors at once', async () => {
    const many = await model('many.gguf', { type: 'F16', blockCount: 60, embeddingLength: 64 });
    const asked = await quantizeGguf(many, { type: 'Q8_0', outPath: out(), dryRun: true });
    expect(asked).toMatchObject({ tensorCount: 543, dryRun: true });
  });

  it('counts up to all of the bytes', async () => {
    const shares: number[] = [];
    await quantizeGguf(source, {
      type: 'Q8_0',
      outPath: out(),
      onProgress: (event) => event.kind === 'bytes' && shares.push(event.doneBytes / event.totalBytes),
    });
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBeGreaterThan(0.9);
    expect(shares.at(-1)).toBeLessThanOrEqual(1);
  });
});

describe('a model that would be quantized into itself', () => {
  it.each([
    ['by its own name', async () => source],
    [
      'by a hard link',
      async () => (await link(source, join(folder, 'hard.gguf')), join(folder, 'hard.gguf')),
    ],
    [
      'by a symbolic link',
      async () => (await symlink(source, join(folder, 'soft.gguf')), join(folder, 'soft.gguf')),
    ],
  ])('is refused %s, and is as it was', async (_how, name) => {
    const before = hashBytes(await readFile(source));
    await expect(quantizeGguf(source, { type: 'Q4_0', outPath: await name() })).rejects.toMatchObject({
      code: 'QUANTIZE_SAME_FILE',
      exitCode: 2,
    });
    expect(hashBytes(await readFile(source))).toBe(before);
  });
});

describe('quantizing that cannot be done', () => {
  it('overwrites nothing', async () => {
    const there = await model('there.gguf', { type: 'F32' });
    const before = hashBytes(await readFile(there));
    await expect(quantizeGguf(source, { type: 'Q4_0', outPath: there })).rejects.toMatchObject({
      code: 'QUANTIZE_OUTPUT_EXISTS',
      exitCode: 1,
    });
    expect(hashBytes(await readFile(there))).toBe(before);
  });

  it('refuses what was quantized before', async () => {
    const path = await model('q8.gguf', { type: 'Q8_0' });
    await expect(quantizeGguf(path, { type: 'Q4_0', outPath: out() })).rejects.toMatchObject({
      code: 'QUANTIZE_ALREADY_QUANTIZED',
      exitCode: 3,
    });
    expect(await made()).toEqual([]);
  });

  it('says that there is no library', async () => {
    const asked = quantizeGguf(source, { type: 'Q4_0', outPath: out(), library: null });
    await expect(asked).rejects.toMatchObject({ code: 'QUANTIZE_NO_LIBRARY', exitCode: 1 });
  });

  it('refuses another release before it calls anything', async () => {
    const library = { path: '/usr/lib/libllama.so', release: 'v0.6.0' };
    const asked = quantizeGguf(source, { type: 'Q4_0', outPath: out(), library });
    await expect(asked).rejects.toMatchObject({ code: 'QUANTIZE_LIBRARY_UNKNOWN' });
  });

  it('refuses a library that is none, whatever release it is said to be', async () => {
    const path = join(folder, 'libllama.so');
    await writeFile(path, 'no library');
    const asked = quantizeGguf(source, {
      type: 'Q4_0',
      outPath: out(),
      library: { path, release: 'v0.5.0' },
    });
    await expect(asked).rejects.toMatchObject({ code: 'QUANTIZE_LIBRARY_UNKNOWN' });
    expect(await made()).toEqual([]);
  });

  it.each([
    ['crashes', 'process.abort()', 'QUANTIZE_CRASHED'],
    ['ends without a word', 'process.exit(0)', 'QUANTIZE_CRASHED'],
    [
      'takes all memory',
      'const kept = []; for (;;) kept.push(Buffer.alloc(2 ** 24, 1))',
      'QUANTIZE_OUT_OF_MEMORY',
    ],
    [
      'fails',
      'process.send({ kind: "log", text: "no such tensor\\n" }); process.send({ kind: "done", code: 1 })',
      'QUANTIZE_FAILED',
    ],
    ['claims what it did not do', 'process.send({ kind: "done", code: 0 })', 'QUANTIZE_FAILED'],
  ])('leaves nothing where the process %s', async (_how, code, expected) => {
    const childPath = join(folder, 'child.mjs');
    await writeFile(childPath, `process.once('message', () => { ${code}; process.disconnect?.(); });`);
    const asked = quantizeGguf(source, { type: 'Q4_0', outPath: out(), childPath });
    await expect(asked).rejects.toMatchObject({ code: expected });
    expect(await made()).toEqual([]);
  });

  it('leaves nothing where it is interrupted', async () => {
    const controller = new AbortController();
    const asked = quantizeGguf(source, {
      type: 'Q4_K_M',
      outPath: out(),
      signal: controller.signal,
      onProgress: (event) => event.kind === 'bytes' && controller.abort(),
    });
    await expect(asked).rejects.toMatchObject({ code: 'CORE_INTERRUPTED', exitCode: 130 });
    expect(await made()).toEqual([]);
  });

  it('leaves nothing where it is killed', async () => {
    const script = `
      const { quantizeGguf } = await import(${JSON.stringify(new URL('../../dist/quantize/index.js', import.meta.url).href)});
      await quantizeGguf(${JSON.stringify(source)}, { type: 'Q4_K_M', outPath: ${JSON.stringify(out())}, onProgress: (event) => {
        if (event.kind === 'bytes') process.kill(process.pid, 'SIGKILL');
      } });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    expect(await made()).toEqual([]);
  });
});
