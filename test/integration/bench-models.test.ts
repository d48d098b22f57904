import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CoreFailure } from '../../src/core/index.ts';
import { loadRun } from '../../src/evidence/index.ts';
import { hashBytes } from '../../src/system/index.ts';
import { fakeBenchEngine } from '../fakes/bench-engine.ts';
import { interruptedAt, times, useBenchPlace } from '../fakes/bench-place.ts';
import { fakeSubject } from '../fakes/bench-subject.ts';
import { toEntry } from '../fakes/registry-entry.ts';

const place = useBenchPlace();

describe('benchmarking registered models', () => {
  it('writes a run that says which bytes were measured, by what, with which questions', async () => {
    const { saved, failure } = await place.bench([
      await place.entryOf('v1'),
      await place.entryOf('v2'),
      toEntry('no-gguf'),
    ]);
    expect(failure).toBe(null);
    expect(saved.path).toBe(join(place.runsDir, 'benchmark_20260301_120000.json'));
    const { run } = await loadRun(saved.path);
    expect(run.milton).toMatchObject({
      node_version: process.version,
      incomplete: false,
      suite_sha256: place.suite.sha256,
      engine: 'fake',
      engine_version: '1',
      engine_flags: [],
      suite: { name: 'example', cases: { cove: place.suite.cove.length }, sampled: null, seen_by: [] },
      budget_ms: null,
    });
    expect(run.candidates.map(({ version }) => version).toSorted()).toEqual(['v1', 'v2']);
    expect(run.candidates.find(({ version }) => version === 'v1')).toMatchObject({
      model_type: 'quantized',
      artifact: {
        type: 'gguf',
        path: place.pathOf('v1'),
        sha256: hashBytes(place.bytes),
        size_bytes: place.bytes.length,
      },
      metrics: {
        latency_ms: { status: 'ok', value: 5 },
        cove_pass_rate: { status: 'ok', value: 100 },
      },
      conditions: { threads: 2, context_tokens: 512, gpu_layers: 0, device: 'cpu' },
    });
  });

  it('gives a model that is missing, or not the one that was registered, its reason, and goes on', async () => {
    const changed = await place.entryOf('changed');
    const milton = { gguf: { sha256: '0'.repeat(64) } };
    const entries = [
      place.lostEntry('lost'),
      { ...changed, metrics: { ...changed.metrics, milton } },
      await place.entryOf('sound'),
    ];
    const { saved, warnings, failure } = await place.bench(entries, {
      versions: ['lost', 'changed', 'sound'],
    });
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
        if (prompt === place.suite.speed[0]?.prompt) await appendFile(place.pathOf('v1'), 'x');
        return 'one two three';
      },
    });
    let isProbed = false;
    const engine = fakeBenchEngine(() => {
      const chosen = isProbed ? subject : fakeSubject();
      isProbed = true;
      return chosen;
    });
    const { saved } = await place.bench([await place.entryOf('v1')], {}, { engine });
    expect(saved.run.candidates[0]?.metrics.tokens_per_sec).toMatchObject({
      status: 'error',
      metadata: { code: 'BUNDLE_SOURCE_CHANGED' },
    });
  });

  it('says that nothing was measured where no model could be, and writes the run with the reasons', async () => {
    const { saved, failure } = await place.bench([place.lostEntry('lost')]);
    expect(failure).toMatchObject({ code: 'PIPELINE_NOTHING_MEASURED', details: { run: saved.path } });
    expect((await loadRun(saved.path)).run.candidates).toHaveLength(1);
  });

  it('refuses where no entry has a GGUF, and writes nothing', async () => {
    await expect(place.bench([toEntry('v1')])).rejects.toMatchObject({ code: 'PIPELINE_NOTHING_TO_MEASURE' });
    await expect(readdir(place.runsDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('asks within a budget the same few cases of every model, and says so in the run', async () => {
    const large = { ...place.suite, cove: times(place.suite.cove, 10) };
    const entries = [await place.entryOf('v1'), await place.entryOf('v2')];
    const { saved, estimate } = await place.bench(entries, { suite: large, budgetMs: 1 });
    expect(estimate.sampled?.cove).toBeLessThan(large.cove.length);
    expect(saved.run.milton).toMatchObject({ suite: { sampled: estimate.sampled }, budget_ms: 1 });
    for (const { metrics } of saved.run.candidates) {
      expect(metrics.cove_pass_rate.metadata['count']).toBe(estimate.sampled?.cove);
    }
  });

  it('keeps what is finished when it is interrupted, marked as incomplete', async () => {
    const { saved, failure } = await place.bench(
      [await place.entryOf('v1'), await place.entryOf('v2')],
      { versions: ['v1', 'v2'] },
      interruptedAt('v2'),
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
    await expect(place.bench([await place.entryOf('v1')], {}, context)).rejects.toMatchObject({
      code: 'CORE_INTERRUPTED',
    });
    await expect(readdir(place.runsDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('gives a second run of the same second a name of its own', async () => {
    const entry = await place.entryOf('v1');
    await place.bench([entry]);
    const { saved } = await place.bench([entry]);
    expect(saved.run.metadata.run_id).toBe('benchmark_20260301_120000-2');
    expect(await readdir(place.runsDir)).toHaveLength(2);
  });

  it('warns of a model that was made from one that has seen the questions', async () => {
    const entry = await place.entryOf('v1', { base_model: 'learned-by-heart' });
    const seen = { ...place.suite, seenBy: ['learned-by-heart'] };
    const { saved, warnings } = await place.bench([entry], { suite: seen });
    expect(warnings.map(({ code }) => code)).toContain('BENCH_SUITE_SEEN');
    expect(saved.run.candidates[0]?.metrics.cove_pass_rate.metadata['seen']).toBe(true);
  });
});
