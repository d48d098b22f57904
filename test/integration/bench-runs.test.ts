/** The commands that look at runs, in this process: what they print is checked here, that they are built in `test/cli`. */
import { EventEmitter } from 'node:events';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMilton } from '../../src/cli/index.ts';
import type { BenchmarkRun } from '../../src/evidence/index.ts';
import { measuredCandidate, measuredRun, type MeasuredModel } from '../fakes/measured-run.ts';

const NAUGHTY = 'v9\u001b[2J\u202e';
let folder = '';
let runs = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-bench-runs-'));
  runs = join(folder, 'state/benchmarks/runs');
  await mkdir(runs, { recursive: true });
  const fast: MeasuredModel = { latencyMs: 18, tokensPerSecond: 410, seen: true };
  const slow: MeasuredModel = { latencyMs: 30, tokensPerSecond: 300, sha256: '02'.repeat(32) };
  const poor: MeasuredModel = {
    passed: 14,
    found: 12,
    sha256: '03'.repeat(32),
    noisyBecause: ['a busy loop'],
  };
  const models = (seed: number) => [
    measuredCandidate('fast', { ...fast, seed }),
    measuredCandidate('slow', { ...slow, seed: seed + 1 }),
    measuredCandidate('poor', { ...poor, seed: seed + 2 }),
  ];
  await save('20260101_000000', measuredRun(models(1)));
  await save(
    '20260102_000000',
    measuredRun([...models(4), measuredCandidate('new', { error: 'it crashed' })]),
  );
  await save('20260103_000000', measuredRun(models(7).slice(0, 1), { incomplete: true }));
  await writeFile(join(runs, 'benchmark_20251231_000000.json'), '{"metadata": NaN}');
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function save(stamp: string, run: BenchmarkRun): Promise<void> {
  const metadata = { ...run.metadata, run_id: `benchmark_${stamp}` };
  await writeFile(join(runs, `benchmark_${stamp}.json`), JSON.stringify({ ...run, metadata }));
}

async function milton(args: readonly string[], { columns }: { readonly columns?: number } = {}) {
  const written = { stdout: '', stderr: '' };
  const exitCode = await runMilton(['bench', ...args], {
    version: '1.2.3',
    stdout: {
      write: (text) => (written.stdout += text),
      ...(columns !== undefined && { isTTY: true, columns }),
    },
    stderr: { write: (text) => (written.stderr += text) },
    env: { MILTON_STATE_DIR: join(folder, 'state'), NO_COLOR: '1' },
    clock: { now: () => new Date('2026-01-12T20:28:01Z') },
    signals: new EventEmitter(),
    onGiveUp: () => undefined,
  });
  return { exitCode, ...written };
}

async function document(...args: readonly string[]) {
  const { exitCode, stdout } = await milton([...args, '--json']);
  return { exitCode, json: JSON.parse(stdout) as Readonly<Record<string, unknown>> };
}

describe('milton bench list', () => {
  it('has the newest run first and says of each whether it is complete', async () => {
    const { stdout, stderr, exitCode } = await milton(['list']);
    expect(exitCode).toBe(0);
    const [, ...rows] = stdout.trimEnd().split('\n');
    expect(rows.map((row) => row.split(/ {2,}/).at(-1))).toEqual([
      'incomplete',
      'complete',
      'complete',
      'unreadable: CORE_JSON_NOT_FINITE',
    ]);
    expect(rows[1]).toMatch(
      /^benchmark_20260102_000000 +1 day ago +4, 1 failed, 1 noisy +Milton sample suite +llama-cpp/,
    );
    expect(stderr).toContain('warning BENCH_RUN_UNREADABLE: benchmark_20251231_000000.json');
  });

  it('tells the same as a document, and no more than it is asked for', async () => {
    const { json } = await document('list', '--limit', '2');
    expect(json).toMatchObject({
      ok: true,
      total: 4,
      runs: [
        { run_id: 'benchmark_20260103_000000', state: 'incomplete', candidates: 1, failed: 0 },
        { run_id: 'benchmark_20260102_000000', state: 'complete', candidates: 4, failed: 1, noisy: 1 },
      ],
      warnings: [],
    });
  });

  it('says what to do where there is none', async () => {
    const { stdout, exitCode } = await milton(['list', '--benchmarks-dir', join(folder, 'none')]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Measure first: milton bench');
  });
});

describe('milton bench show', () => {
  it('shows the ranking, what was measured, what to know, and the choice with its reason', async () => {
    const { stdout, stderr, exitCode } = await milton(['show', 'benchmark_20260102_000000']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/suite +Milton sample suite \(cdcdcdcdcdcd\): 8 prompts, 24 cases, 30 queries/);
    expect(stdout).toMatch(/\* +fast +0\.\d{4} +█+▏?.* pass\n/);
    expect(stdout).toMatch(/new +0\.0000 +fails 2\n/);
    expect(stdout).toMatch(/fast +18 ms \(17\.6 to 18\.5\) +█.* 410 \(/);
    expect(stdout).toMatch(/new +error +error/);
    expect(stdout).toContain('x new could not be measured: it crashed');
    expect(stdout).toContain('! The speed of poor cannot be trusted: a busy loop.');
    expect(stdout).toContain('! fast has seen these questions');
    expect(stdout).toContain('! poor finds no more (40.0 %) than a search for words alone (41.7 %).');
    expect(stdout).toContain('- cove_pass_rate 58.33 % is below the minimum 90 % by 31.67 %');
    expect(stdout).toMatch(/chosen {2}fast\n.*fast has the highest total/);
  });

  it('takes the newest by default, an incomplete one too, and says what that means', async () => {
    const { stdout, exitCode } = await milton(['show']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/run +benchmark_20260103_000000, 1 candidate, incomplete: it was cut short/);
    expect(stdout).toContain('Nothing is deployed from this run.');
  });

  it('weighs as it is told to', async () => {
    const { json } = await document('show', 'benchmark_20260101_000000', '--weights', 'retrieval=1');
    expect(json).toMatchObject({
      state: 'complete',
      candidates: [
        {
          version: 'fast',
          metrics: {
            latency_ms: { status: 'ok', value: 18, interval_95: [17.64, 18.54], load_ms: 41 },
            tokens_per_sec: { source: 'llama.cpp', difference_per_token_us: 612 },
            cove_pass_rate: { passed: 23, count: 24, seen: true },
            retrieval_score: { keyword_baseline: 41.7 },
          },
          noisy: false,
        },
        {},
        { version: 'poor', noisy: true, noisy_because: ['a busy loop'] },
      ],
      choice: { selection_metadata: { weights: { latency_ms: 0, retrieval_score: 1 } } },
    });
    const notes = json['notes'] as readonly { kind: string }[];
    expect(notes.map(({ kind }) => kind)).toEqual(['noisy', 'seen', 'below-words']);
  });

  it('fits a narrow terminal', async () => {
    for (const columns of [40, 60, 90]) {
      const { stdout } = await milton(['show', 'benchmark_20260102_000000'], { columns });
      // A path is never broken.
      const lines = stdout.split('\n').filter((line) => !line.includes('benchmarks/runs'));
      expect(lines.filter((line) => line.length > columns)).toEqual([]);
    }
  });

  it('names the run that was perhaps meant, and how', async () => {
    const { stderr, exitCode } = await milton(['show', 'benchmark_2026']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('EVIDENCE_NO_RUN');
    expect(stderr).toContain('milton bench show benchmark_20260103_000000.json');
  });

  it('prints no control character of a file', async () => {
    const path = join(folder, 'naughty.json');
    const candidate = measuredCandidate(NAUGHTY, { noisyBecause: [NAUGHTY] });
    await writeFile(path, JSON.stringify(measuredRun([candidate], { engine: NAUGHTY, suite_sha256: null })));
    for (const args of [['show', path], ['compare', path, path], ['list'], ['show', path, '--json']]) {
      const { stdout, stderr, exitCode } = await milton(args);
      expect(exitCode).toBe(0);
      // oxlint-disable-next-line no-control-regex
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    }
  });
});

describe('milton bench compare', () => {
  const A = 'benchmark_20260101_000000';
  const B = 'benchmark_20260102_000000';

  it('calls what two runs of the same models differ by noise, and says that they choose the same', async () => {
    const { stdout, exitCode } = await milton(['compare', A, B]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/only in B +new\n/);
    expect(stdout).toMatch(/first token +18 ms +18 ms +.* % \(.* to .*\) +noise/);
    expect(stdout).toMatch(
      /speed +what differs is noise; a run was noisy: .*\n +quality +what differs is noise\n +choice +fast in both/,
    );
    expect(stdout).toContain('! A was noisy: a busy loop');
  });

  it('tells a real difference with its interval, as a document too', async () => {
    const path = join(folder, 'slower.json');
    await writeFile(
      path,
      JSON.stringify(measuredRun([measuredCandidate('fast', { latencyMs: 25, passed: 12 })])),
    );
    const { json } = await document('compare', A, path);
    expect(json).toMatchObject({
      ok: true,
      speed: 'different',
      quality: 'different',
      only_a: ['slow', 'poor'],
      candidates: [
        {
          version: 'fast',
          metrics: {
            latency_ms: { verdict: 'worse', confidence: 0.99, pairs: 8 },
            cove_pass_rate: { verdict: 'worse', change: expect.closeTo(-45.83, 1), pairs: 24 },
            retrieval_score: { verdict: 'noise' },
          },
        },
      ],
      chosen: { a: 'fast', b: null },
    });
    const { stdout } = await milton(['compare', A, path]);
    expect(stdout).toMatch(
      /CoVe +95\.8 % +50 % +-45\.8 points \(.*\) +worse +of 24 cases, 0 passed in B alone and 11 in A alone/,
    );
    expect(stdout).toMatch(/choice +fast in A, none in B/);
  });

  it('says where there is nothing to compare', async () => {
    const path = join(folder, 'other.json');
    await writeFile(
      path,
      JSON.stringify(measuredRun([measuredCandidate('other', { sha256: '09'.repeat(32) })])),
    );
    expect((await milton(['compare', A, path])).stdout).toContain(
      'The two runs have no candidate in common.',
    );
    expect((await milton(['compare', A])).exitCode).toBe(2);
  });
});
