/** From a registered directory to a choice that was measured, by real inference of the sample model. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BenchmarkRun } from '../../src/evidence/index.ts';
import { interruptMilton, useShop } from './shop.ts';

const shop = useShop();
const SAMPLES = fileURLToPath(new URL('../../samples', import.meta.url));
const ANY = ['--thresholds', 'cove=0,retrieval=0'];

let suite = '';

interface SampleSuite {
  readonly prompts: readonly object[];
  readonly cases: readonly { readonly draft_is_right: boolean }[];
  readonly documents: readonly { readonly id: string }[];
  readonly queries: readonly { readonly relevant: readonly string[] }[];
}

/** Two of everything, from the suite that the sample model knows. */
beforeAll(async () => {
  suite = join(shop.folder, 'suite');
  await mkdir(suite);
  const read = async (name: string): Promise<SampleSuite> =>
    JSON.parse(await readFile(join(SAMPLES, 'suite', name), 'utf8')) as SampleSuite;
  const write = async (name: string, value: object): Promise<void> =>
    writeFile(join(suite, name), JSON.stringify(value));
  const { prompts } = await read('speed.json');
  await write('speed.json', { prompts: prompts.slice(0, 1).map((one) => ({ ...one, max_tokens: 4 })) });
  const { cases } = await read('cove.json');
  const pick = (right: boolean): readonly object[] =>
    cases.filter((one) => one.draft_is_right === right).slice(0, 1);
  await write('cove.json', { cases: [...pick(true), ...pick(false)] });
  const { documents, queries } = await read('retrieval.json');
  const few = documents.slice(0, 3);
  const answered = queries.filter(({ relevant }) => relevant.every((id) => few.some((one) => one.id === id)));
  await write('retrieval.json', { documents: few, queries: answered.slice(0, 2) });
  await write('prompts.json', await read('prompts.json'));
  await write('suite.json', await read('suite.json'));
});

async function readRun(path: unknown): Promise<BenchmarkRun> {
  return JSON.parse(await readFile(String(path), 'utf8')) as BenchmarkRun;
}

describe('milton bench', () => {
  it('is the step between quantizing and a choice that was measured', async () => {
    const model = join(SAMPLES, 'milton-sample-2m');
    const registered = await shop.milton('models', 'register', 'v1', '--hf', model);
    expect(registered).toMatchObject({ exitCode: 0 });
    expect(await shop.milton('quantize', 'v1', '--type', 'Q8_0')).toMatchObject({ exitCode: 0 });
    const { path } = await shop.model('v2.gguf', { contextLength: 2048 });
    expect(await shop.milton('models', 'register', 'v2', '--gguf', path)).toMatchObject({ exitCode: 0 });

    const benched = await shop.document('bench', '--suite', suite);
    expect(benched).toMatchObject({
      exitCode: 0,
      json: {
        ok: true,
        incomplete: false,
        next: 'milton select',
        candidates: [{ metrics: { latency_ms: { status: 'ok' } } }, { metrics: {} }],
      },
    });
    expect(benched.stderr).toMatch(/This takes about .* for 2 models/);
    expect(benched.stderr).toMatch(/warning BENCH_SUITE_SEEN: v1 has seen these questions/);
    const { candidates } = await readRun(benched.json['run']);
    expect(candidates.map(({ version }) => version).toSorted()).toEqual(['v1', 'v2']);

    expect(await shop.milton('select', ...ANY)).toMatchObject({ exitCode: 0 });
    const args = ['deploy', '--dry-run', ...ANY, '--target-path', shop.target];
    const deployed = await shop.milton(...args);
    expect(deployed).toMatchObject({ exitCode: 0 });
    expect(deployed.stdout).toContain('measured');
  });

  it('shows a model that is missing as an error beside one that was measured before', async () => {
    const path = join(shop.folder, 'v2.gguf');
    const bytes = await readFile(path);
    await rm(path);
    const { exitCode, stdout, stderr } = await shop.milton('bench', '--suite', suite);
    await writeFile(path, bytes);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/^v2 +error +error/m);
    expect(stdout).toMatch(/^v1 +[\d.]+ ms.* measured in benchmark_\d+_\d+$/m);
    expect(stderr).toMatch(/^v1 was measured in benchmark_\d+_\d+; --again measures it anew$/m);
    expect(stderr).toContain('warning BENCH_CANDIDATE_FAILED: v2: REGISTRY_ARTIFACT_MISSING');
  });

  it('keeps at Ctrl-C what is finished, names it, ends with 130, and goes on from there', async () => {
    const args = ['bench', '--suite', suite, '--version', 'v1,v2', '--again', '--json'];
    const ended = await interruptMilton(args, {
      after: 'Measuring v2 (2 of 2)',
      env: { MILTON_STATE_DIR: shop.state },
    });
    expect(ended.exitCode).toBe(130);
    const document = JSON.parse(ended.stdout) as Record<string, unknown>;
    expect(document).toMatchObject({
      ok: false,
      incomplete: true,
      next: 'milton bench --resume',
      error: { code: 'CORE_INTERRUPTED' },
    });
    const run = await readRun(document['run']);
    expect(run.candidates.map(({ version }) => version)).toEqual(['v1']);
    const selected = await shop.milton('select', ...ANY);
    expect(selected.stderr).toContain('EVIDENCE_RUN_INCOMPLETE');

    const resumed = await shop.document('bench', '--resume');
    expect(resumed).toMatchObject({
      exitCode: 0,
      json: {
        incomplete: false,
        suite: 'sample',
        candidates: [
          { version: 'v1', carried_over: run.metadata.run_id },
          { version: 'v2', carried_over: null },
        ],
      },
    });
    expect(resumed.stderr).toContain('Measuring v2 (1 of 1)');
    expect(await shop.milton('bench', '--resume')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('error PIPELINE_NOTHING_TO_RESUME') as string,
    });
  });

  it('writes an example suite once', async () => {
    const directory = join(shop.folder, 'mine');
    const made = await shop.milton('bench', 'suite', 'init', directory);
    expect(made).toMatchObject({ exitCode: 0 });
    expect(await readdir(directory)).toContain('cove.json');
    expect(await shop.milton('bench', 'suite', 'init', directory)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('error BENCH_SUITE_EXISTS') as string,
    });
  });
});
