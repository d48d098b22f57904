import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../src/evidence/index.ts';
import {
  findRunToResume,
  type BenchModelsContext,
  type BenchModelsRequest,
} from '../../src/pipeline/index.ts';
import { EngineFailure } from '../../src/engine/index.ts';
import { fakeBenchEngine, type FakeEngine, type FakeEngineOptions } from '../fakes/bench-engine.ts';
import { interruptedAt, times, useBenchPlace } from '../fakes/bench-place.ts';
import { fakeSubject, strawSubject } from '../fakes/bench-subject.ts';

const place = useBenchPlace();
const ENGINE = {
  name: 'llama-cpp',
  threads: null,
  context_tokens: null,
  gpu_layers: 0,
  path: null,
  flags: [],
  url: null,
  api_key_env: null,
  served_as: {},
} as const;
const RECORD = { record: { suite: null, engine: ENGINE } };

const engineOf = (options: FakeEngineOptions = {}): FakeEngine =>
  fakeBenchEngine(() => strawSubject('knows', place.suite), options);
const carriedOver = (candidate: Candidate | undefined): unknown =>
  (candidate as { readonly carried_over?: unknown } | undefined)?.carried_over;

describe('what was measured before', () => {
  it('is not measured again: its values are carried over, with the run that they come from', async () => {
    const entry = await place.entryOf('v1');
    const first = await place.bench([entry]);
    expect(carriedOver(first.saved.run.candidates[0])).toBeNull();
    const origin = { run_id: first.saved.run.metadata.run_id, timestamp: first.saved.run.metadata.timestamp };
    for (const times of [2, 3]) {
      const engine = engineOf();
      const events: string[] = [];
      const onEvent: BenchModelsContext['onEvent'] = ({ kind }) => events.push(kind);
      const { saved, estimate, failure } = await place.bench([entry], {}, { engine, onEvent });
      expect({ failure, opened: engine.opened, events }).toEqual({
        failure: null,
        opened: [],
        events: ['estimated', 'carried'],
      });
      expect(estimate).toMatchObject({ totalMs: 0, models: [] });
      expect(saved.run.metadata.run_id).toMatch(new RegExp(`-${times}$`));
      const [candidate] = saved.run.candidates;
      expect(carriedOver(candidate)).toEqual(origin);
      expect(candidate).toMatchObject({
        metrics: { ...first.saved.run.candidates[0]?.metrics, cove_pass_rate: { value: 100 } },
        artifact: first.saved.run.candidates[0]?.artifact,
        conditions: { threads: 2 },
      });
    }
  });

  it('is known by its bytes, under whatever version', async () => {
    await place.bench([await place.entryOf('v1')]);
    const engine = engineOf();
    const { saved } = await place.bench([await place.entryOf('v2')], {}, { engine });
    expect(engine.opened).toEqual([]);
    expect(saved.run.candidates[0]).toMatchObject({ version: 'v2', artifact: { path: place.pathOf('v2') } });
  });

  it.each<[string, Partial<BenchModelsRequest>, FakeEngineOptions & Partial<BenchModelsContext>]>([
    ['the engine has another version', {}, { version: '2' }],
    ['it computes with other threads', {}, { settings: { threads: 3 } }],
    ['it has another context', {}, { settings: { context_tokens: 1024 } }],
    ['it is another machine', {}, { machine: async () => Promise.resolve('b'.repeat(64)) }],
    ['--again says so', { again: true }, {}],
  ])('is measured again where %s', async (_, request, { version, settings, ...context }) => {
    const entry = await place.entryOf('v1');
    await place.bench([entry]);
    const engine = engineOf({ ...(version && { version }), ...(settings && { settings }) });
    const { saved } = await place.bench([entry], request, { engine, ...context });
    expect(engine.opened).toEqual(['v1', 'v1']);
    expect(carriedOver(saved.run.candidates[0])).toBeNull();
  });

  it('is measured again where the bytes, the suite or the way of measuring are others', async () => {
    const entry = await place.entryOf('v1');
    const { saved } = await place.bench([entry]);
    const opened = async (request: Partial<BenchModelsRequest> = {}): Promise<number> => {
      const engine = engineOf();
      await place.bench([entry], request, { engine });
      return engine.opened.length;
    };
    expect(await opened({ suite: { ...place.suite, sha256: 'c'.repeat(64) } })).toBe(2);
    await place.change('v1', 7);
    expect(await opened()).toBe(2);
    await writeFile(place.pathOf('v1'), place.bytes);
    expect(await opened()).toBe(0);
    const other = (await readFile(saved.path, 'utf8')).replace('"method": 1', '"method": 0');
    const runs = { runsDir: `${place.runsDir}-other` };
    await place.bench([entry], runs);
    await writeFile(`${runs.runsDir}/benchmark_20260301_120000.json`, other);
    expect(await opened(runs)).toBe(2);
  });

  it('is measured again on a machine that cannot be told from others', async () => {
    const entry = await place.entryOf('v1');
    const machine = async (): Promise<null> => Promise.resolve(null);
    await place.bench([entry], {}, { machine });
    const engine = engineOf();
    await place.bench([entry], {}, { engine, machine });
    expect(engine.opened).toEqual(['v1', 'v1']);
  });

  it('is measured again where it had failed, beside one that had not', async () => {
    const entries = [await place.entryOf('v1'), await place.entryOf('v2')];
    /** In the middle: its speed stands. */
    const crashing = fakeSubject({
      say: (prompt) => {
        if (prompt.includes('Draft answer')) throw new EngineFailure('ENGINE_CRASHED', 'It crashed.');
        return 'one two three';
      },
    });
    const knowing = strawSubject('knows', place.suite);
    await place.change('v2', 2);
    const broken = fakeBenchEngine((version) => (version === 'v2' ? crashing : knowing));
    const first = await place.bench(entries, { versions: ['v1', 'v2'] }, { engine: broken });
    expect(first.saved.run.candidates[1]?.metrics).toMatchObject({
      latency_ms: { status: 'ok' },
      cove_pass_rate: { status: 'error', metadata: { code: 'ENGINE_CRASHED' } },
    });
    const engine = engineOf();
    const { saved } = await place.bench(entries, {}, { engine });
    expect(engine.opened).toEqual(['v2', 'v2']);
    expect(saved.run.candidates.map(({ metrics }) => metrics.latency_ms.status)).toEqual(['ok', 'ok']);
  });

  it('says with its values that they could not be trusted, and who has seen the questions by now', async () => {
    const entry = await place.entryOf('v1');
    const { saved } = await place.bench([entry]);
    const text = await readFile(saved.path, 'utf8');
    await writeFile(saved.path, text.replace(/"noisy_because": \[[^\]]*\]/, '"noisy_because": ["a hammer"]'));
    const suite = { ...place.suite, seenBy: ['v1'] };
    const again = await place.bench([entry], { suite });
    expect(again.warnings.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringMatching(/^BENCH_NOISY .*a hammer \(in benchmark_20260301_120000; --again/),
      expect.stringContaining('BENCH_SUITE_SEEN'),
    ]);
    expect(again.saved.run.candidates[0]?.metrics.cove_pass_rate.metadata['seen']).toBe(true);
  });

  it('is asked again in part where a budget holds only a part for the others', async () => {
    const suite = { ...place.suite, cove: times(place.suite.cove, 10) };
    const v1 = await place.entryOf('v1');
    const v2 = await place.entryOf('v2');
    await place.change('v2', 2);
    await place.bench([v1], { suite });
    const engine = engineOf();
    const { saved, estimate } = await place.bench([v1, v2], { suite, budgetMs: 1 }, { engine });
    expect(estimate.sampled).not.toBeNull();
    expect(saved.run.candidates.map(carriedOver)).toEqual([null, null]);
    // Whole again, all of it stands there, and nothing has to be asked.
    const idle = engineOf();
    const whole = await place.bench([v1], { suite, budgetMs: 1 }, { engine: idle });
    expect({ sampled: whole.estimate.sampled, opened: idle.opened }).toEqual({ sampled: null, opened: [] });
  });
});

describe('a benchmark that was cut short', () => {
  const versions = ['v1', 'v2', 'v3'];
  /** Each with bytes of its own. */
  async function entries() {
    const made = [];
    for (const [index, version] of versions.entries()) {
      made.push(await place.entryOf(version));
      await place.change(version, index + 1);
    }
    return made;
  }

  it('is gone on with: only what is missing is measured, and the new run is whole', async () => {
    const all = await entries();
    const cut = await place.bench(all, { versions, ...RECORD }, interruptedAt('v2'));
    expect(cut.saved.run.milton?.incomplete).toBe(true);
    const resumed = await findRunToResume(place.runsDir);
    expect(resumed.request).toEqual({ versions, suite: null, again: false, engine: ENGINE });
    const engine = engineOf();
    const { saved, failure } = await place.bench(
      all,
      { versions, again: resumed.request.again, resumed },
      { engine },
    );
    expect(failure).toBeNull();
    expect([...new Set(engine.opened)]).toEqual(['v2', 'v3']);
    expect(saved.run.milton).toMatchObject({
      incomplete: false,
      resumes: cut.saved.run.metadata.run_id,
    });
    expect(saved.run.candidates.map(({ version }) => version)).toEqual(versions);
    expect(saved.run.candidates.map((one) => carriedOver(one) !== null)).toEqual([true, false, false]);
    await expect(findRunToResume(place.runsDir)).rejects.toMatchObject({
      code: 'PIPELINE_NOTHING_TO_RESUME',
      message: expect.stringContaining('which is complete') as string,
    });
  });

  it('asks the same part of the suite as before, though the machine may be faster now', async () => {
    const suite = { ...place.suite, cove: times(place.suite.cove, 10) };
    const all = await entries();
    const cut = await place.bench(all, { suite, versions, budgetMs: 1, ...RECORD }, interruptedAt('v2'));
    const resumed = await findRunToResume(place.runsDir);
    expect(resumed).toMatchObject({ budgetMs: 1, sampled: cut.estimate.sampled });
    const { saved, estimate } = await place.bench(all, { suite, resumed, versions, budgetMs: 1 });
    expect(estimate.sampled).toEqual(cut.estimate.sampled);
    expect(saved.run.candidates.map((one) => carriedOver(one) !== null)).toEqual([true, false, false]);
  });

  it('measures anew all that stood there before, where it was begun with --again', async () => {
    const all = await entries();
    await place.bench(all);
    await place.bench(all, { versions, again: true, ...RECORD }, interruptedAt('v2'));
    const resumed = await findRunToResume(place.runsDir);
    const engine = engineOf();
    await place.bench(all, { versions, again: resumed.request.again, resumed }, { engine });
    expect([...new Set(engine.opened)]).toEqual(['v2', 'v3']);
  });

  it('cannot be gone on with where the suite has changed, or the run does not say what was asked for', async () => {
    const all = await entries();
    const { saved } = await place.bench(all, { versions, ...RECORD }, interruptedAt('v2'));
    const resumed = await findRunToResume(place.runsDir);
    const changed = { ...place.suite, sha256: 'd'.repeat(64) };
    await expect(place.bench(all, { suite: changed, versions, resumed })).rejects.toMatchObject({
      code: 'PIPELINE_RUN_NOT_RESUMABLE',
      details: { expected: place.suite.sha256, received: changed.sha256 },
    });
    const text = await readFile(saved.path, 'utf8');
    for (const [part, other] of [
      ['"request":', '"asked":'],
      ['"gpu_layers": 0', '"gpu_layers": -1'],
      ['"name": "llama-cpp"', '"name": "sh"'],
      ['"sampled": null', '"sampled": {"speed": "2"}'],
    ] as const) {
      await writeFile(saved.path, text.replaceAll(part, other));
      await expect(findRunToResume(place.runsDir)).rejects.toMatchObject({
        code: 'PIPELINE_RUN_NOT_RESUMABLE',
      });
    }
  });

  it('is none where there is no run', async () => {
    await expect(findRunToResume(place.runsDir)).rejects.toMatchObject({
      code: 'PIPELINE_NOTHING_TO_RESUME',
      message: expect.stringContaining('the newest is no run') as string,
    });
  });
});
