import { appendFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { initSuite, loadSuite, type BenchSubject, type Suite } from '../../src/bench/index.ts';
import { CoreFailure } from '../../src/core/index.ts';
import { loadRun } from '../../src/evidence/index.ts';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import {
  benchModels,
  type BenchedModels,
  type BenchModelsContext,
  type BenchModelsRequest,
  type OpenSubject,
} from '../../src/pipeline/index.ts';
import { openRegistry, type RegistryEntry } from '../../src/registry/index.ts';
import { fixedClock, hashBytes } from '../../src/system/index.ts';
import { fakeSubject, strawSubject } from '../fakes/bench-subject.ts';
import { toEntry } from '../fakes/registry-entry.ts';

const clock = fixedClock(new Date('2026-03-01T12:00:00Z'));

let folder = '';
let runsDir = '';
let bytes: Uint8Array;
let suite: Suite;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-bench-'));
  await initSuite(join(folder, 'suite'));
  suite = (await loadSuite(join(folder, 'suite'), { name: 'example' })).suite;
  bytes = await ggufBytes(sampleModel({ blockCount: 1, embeddingLength: 64, headCount: 4 }));
});
beforeEach(() => {
  count += 1;
  runsDir = join(folder, `runs-${count}`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const pathOf = (version: string): string => join(folder, `${count}`, `${version}.gguf`);

/** An entry whose file is there. */
async function entryOf(version: string, rest: Partial<RegistryEntry> = {}): Promise<RegistryEntry> {
  await mkdir(join(folder, `${count}`), { recursive: true });
  await writeFile(pathOf(version), bytes);
  return lostEntry(version, rest);
}

function lostEntry(version: string, rest: Partial<RegistryEntry> = {}): RegistryEntry {
  return toEntry(version, { metrics: { compression: { gguf_path: pathOf(version) } }, ...rest });
}

function opening(subject: () => BenchSubject): OpenSubject {
  const facts = { loadMs: 7, threads: 2, contextTokens: 512, deviceName: 'cpu', missingProtections: [] };
  return async () => Promise.resolve({ subject: subject(), facts, gpuLayers: 0, close: async () => {} });
}

const knowing = opening(() => strawSubject('knows', suite));

async function bench(
  entries: readonly RegistryEntry[],
  request: Partial<BenchModelsRequest> = {},
  context: Partial<BenchModelsContext> = {},
): Promise<BenchedModels> {
  const file = join(folder, `registry-${count}.json`);
  await writeFile(file, JSON.stringify(entries));
  return benchModels(
    {
      registry: openRegistry(file, { clock }),
      versions: [],
      suite,
      budgetMs: null,
      runsDir,
      commandLine: 'milton bench',
      ...request,
    },
    { engineName: 'fake', open: knowing, clock, ...context },
  );
}

describe('benchmarking registered models', () => {
  it('writes a run that says which bytes were measured, by what, with which questions', async () => {
    const { saved, failure } = await bench([await entryOf('v1'), await entryOf('v2'), toEntry('no-gguf')]);
    expect(failure).toBe(null);
    expect(saved.path).toBe(join(runsDir, 'benchmark_20260301_120000.json'));
    const { run } = await loadRun(saved.path);
    expect(run.milton).toMatchObject({
      node_version: process.version,
      incomplete: false,
      suite_sha256: suite.sha256,
      engine: 'fake',
      engine_version: '1',
      engine_flags: [],
      suite: { name: 'example', cases: { cove: suite.cove.length }, sampled: null, seen_by: [] },
      budget_ms: null,
    });
    expect(run.candidates.map(({ version }) => version).toSorted()).toEqual(['v1', 'v2']);
    expect(run.candidates.find(({ version }) => version === 'v1')).toMatchObject({
      model_type: 'quantized',
      artifact: {
        type: 'gguf',
        path: pathOf('v1'),
        sha256: hashBytes(bytes),
        size_bytes: bytes.length,
      },
      metrics: {
        latency_ms: { status: 'ok', value: 5 },
        cove_pass_rate: { status: 'ok', value: 100 },
      },
      conditions: { threads: 2, context_tokens: 512, gpu_layers: 0, device: 'cpu' },
    });
  });

  it('gives a model that is missing, or not the one that was registered, its reason, and goes on', async () => {
    const changed = await entryOf('changed');
    const milton = { gguf: { sha256: '0'.repeat(64) } };
    const entries = [
      lostEntry('lost'),
      { ...changed, metrics: { ...changed.metrics, milton } },
      await entryOf('sound'),
    ];
    const { saved, warnings, failure } = await bench(entries, { versions: ['lost', 'changed', 'sound'] });
    expect(failure).toBe(null);
    const codes = saved.run.candidates.map(({ metrics }) => [
      metrics.latency_ms.status,
      metrics.latency_ms.metadata['code'],
    ]);
    expect(codes).toEqual([
      ['error', 'REGISTRY_ARTIFACT_MISSING'],
      ['error', 'PIPELINE_ARTIFACT_CHANGED'],
      ['ok', undefined],
    ]);
    expect(warnings.filter(({ code }) => code === 'BENCH_CANDIDATE_FAILED')).toHaveLength(2);
  });

  it('takes no number from a file that changed while it was measured', async () => {
    const subject = fakeSubject({
      say: async (prompt) => {
        if (prompt === suite.speed[0]?.prompt) await appendFile(pathOf('v1'), 'x');
        return 'one two three';
      },
    });
    let isProbed = false;
    const open: OpenSubject = async (...args) => {
      const chosen = isProbed ? subject : fakeSubject();
      isProbed = true;
      return opening(() => chosen)(...args);
    };
    const { saved } = await bench([await entryOf('v1')], {}, { open });
    expect(saved.run.candidates[0]?.metrics.tokens_per_sec).toMatchObject({
      status: 'error',
      metadata: { code: 'BUNDLE_SOURCE_CHANGED' },
    });
  });

  it('says that nothing was measured where no model could be, and writes the run with the reasons', async () => {
    const { saved, failure } = await bench([lostEntry('lost')]);
    expect(failure).toMatchObject({ code: 'PIPELINE_NOTHING_MEASURED', details: { run: saved.path } });
    expect((await loadRun(saved.path)).run.candidates).toHaveLength(1);
  });

  it('refuses where no entry has a GGUF, and writes nothing', async () => {
    await expect(bench([toEntry('v1')])).rejects.toMatchObject({ code: 'PIPELINE_NOTHING_TO_MEASURE' });
    await expect(readdir(runsDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('asks within a budget the same few cases of every model, and says so in the run', async () => {
    const large = { ...suite, cove: times(suite.cove, 10) };
    const entries = [await entryOf('v1'), await entryOf('v2')];
    const { saved, estimate } = await bench(entries, { suite: large, budgetMs: 1 });
    expect(estimate.sampled?.cove).toBeLessThan(large.cove.length);
    expect(saved.run.milton).toMatchObject({ suite: { sampled: estimate.sampled }, budget_ms: 1 });
    for (const { metrics } of saved.run.candidates) {
      expect(metrics.cove_pass_rate.metadata['count']).toBe(estimate.sampled?.cove);
    }
  });

  it('keeps what is finished when it is interrupted, marked as incomplete', async () => {
    const controller = new AbortController();
    const { saved, failure } = await bench(
      [await entryOf('v1'), await entryOf('v2')],
      { versions: ['v1', 'v2'] },
      {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.kind === 'begun' && event.version === 'v2')
            controller.abort(new CoreFailure('CORE_INTERRUPTED', 'Interrupted.'));
        },
      },
    );
    expect(failure).toMatchObject({ code: 'CORE_INTERRUPTED', exitCode: 130, details: { run: saved.path } });
    const { run } = await loadRun(saved.path);
    expect(run.milton?.incomplete).toBe(true);
    expect(run.candidates.map(({ version }) => version)).toEqual(['v1']);
  });

  it('writes nothing where no model was finished when it is interrupted', async () => {
    const controller = new AbortController();
    const abort = (): void => controller.abort(new CoreFailure('CORE_INTERRUPTED', 'Interrupted.'));
    const onEvent = ({ kind }: { readonly kind: string }): void => {
      if (kind === 'asked') abort();
    };
    const context = { signal: controller.signal, onEvent };
    await expect(bench([await entryOf('v1')], {}, context)).rejects.toMatchObject({
      code: 'CORE_INTERRUPTED',
    });
    await expect(readdir(runsDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('gives a second run of the same second a name of its own', async () => {
    const entry = await entryOf('v1');
    await bench([entry]);
    const { saved } = await bench([entry]);
    expect(saved.run.metadata.run_id).toBe('benchmark_20260301_120000-2');
    expect(await readdir(runsDir)).toHaveLength(2);
  });

  it('warns of a model that was made from one that has seen the questions', async () => {
    const entry = await entryOf('v1', { base_model: 'learned-by-heart' });
    const seen = { ...suite, seenBy: ['learned-by-heart'] };
    const { saved, warnings } = await bench([entry], { suite: seen });
    expect(warnings.map(({ code }) => code)).toContain('BENCH_SUITE_SEEN');
    expect(saved.run.candidates[0]?.metrics.cove_pass_rate.metadata['seen']).toBe(true);
  });
});

function times<T extends { readonly id: string }>(cases: readonly T[], factor: number): readonly T[] {
  return Array.from({ length: factor }, (_, no) =>
    cases.map((one) => ({ ...one, id: `${one.id}-${no}` })),
  ).flat();
}
