import { spawn } from 'node:child_process';
import { mkdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Candidate } from '../../src/evidence/index.ts';
import { quoteWord } from '../../src/core/index.ts';
import { MAIN } from './run-milton.ts';
import { candidateOf, entryOf, runOf, useShop, type Model } from './shop.ts';

const shop = useShop();
let v1: Model;
let v2: Model;
/** Only CoVe counts, so that each percent is 0.01 of the score. */
const POLICY = ['--weights', 'cove=1'];

beforeAll(async () => {
  v1 = await shop.model('v1.gguf', { seed: 1 });
  v2 = await shop.model('v2.gguf', { seed: 2 });
  await shop.saveRegistry([entryOf('v1', v1), entryOf('v2', v2)]);
});

/** A command that writes a run as a benchmark would, into the state directory that it is told. */
async function benchOf(stamp: string, candidates: readonly Candidate[]): Promise<string> {
  const path = join(shop.folder, `made_${stamp}.json`);
  await writeFile(path, JSON.stringify(runOf(stamp, candidates)));
  return `mkdir -p "$MILTON_STATE_DIR/benchmarks/runs" && cp ${quoteWord(path)} "$MILTON_STATE_DIR/benchmarks/runs/benchmark_${stamp}.json"`;
}

const schedule = (bench: string, ...args: string[]) =>
  shop.document('schedule', 'run', '--bench-command', bench, ...args);
const deploying = (bench: string, ...args: string[]) =>
  schedule(bench, '--deploy', '--target-path', shop.target, ...POLICY, ...args);
const lastRun = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(shop.state, 'schedule/last_run.json'), 'utf8')) as Record<string, unknown>;
const liveVersion = async (): Promise<unknown> => {
  const { json } = await shop.document('status', '--target-path', shop.target);
  const [target] = json['targets'] as { live: { model_version: string } | null }[];
  return target?.live?.model_version;
};

describe('milton schedule run', () => {
  it('benchmarks and chooses, and deploys nothing unless asked', async () => {
    const bench = await benchOf('20260111_100000', [candidateOf('v1', v1, { cove: 93 })]);
    const { exitCode, json } = await schedule(bench);
    expect({ exitCode, json }).toMatchObject({
      exitCode: 0,
      json: { ok: true, recommended_model: 'v1', decision: null, deployment: null },
    });
    expect(await lastRun()).toMatchObject({
      ok: true,
      failure: null,
      run_path: join(shop.state, 'benchmarks/runs/benchmark_20260111_100000.json'),
      decision: { kind: 'selected', version: 'v1' },
      deployment_id: null,
    });
    await expect(readlink(shop.target)).rejects.toThrow('ENOENT');
  });

  it('deploys the winner where nothing is live', async () => {
    const bench = await benchOf('20260111_110000', [
      candidateOf('v1', v1, { cove: 93 }),
      candidateOf('v2', v2, { cove: 91 }),
    ]);
    const { exitCode, json } = await deploying(bench);
    expect({ exitCode, json }).toMatchObject({
      exitCode: 0,
      json: {
        decision: { kind: 'replace', because: 'nothing-live' },
        deployment: { model_version: 'v1', load_test: { kind: 'inference', passed: true } },
      },
    });
    expect(await liveVersion()).toBe('v1');
    expect(await lastRun()).toMatchObject({
      ok: true,
      deployment_id: expect.stringMatching(/^deploy_v1_/) as string,
    });
  });

  it('lets the live model stay where the gain is too small, with both scores', async () => {
    const bench = await benchOf('20260111_120000', [
      candidateOf('v1', v1, { cove: 93 }),
      candidateOf('v2', v2, { cove: 94, latency: 5 }),
    ]);
    const { exitCode, json } = await deploying(bench);
    expect({ exitCode, json }).toMatchObject({
      exitCode: 0,
      json: {
        decision: { kind: 'stay', because: 'gain-too-small', live_score: 0.93, winner_score: 0.94 },
        deployment: null,
      },
    });
    expect(await liveVersion()).toBe('v1');
    expect((await shop.milton('schedule', 'status')).stdout).toMatch(
      /last run +ended just now: v2 \(0\.9400\)/,
    );
  });

  it('replaces it where it fails a threshold, however small the gain', async () => {
    const bench = await benchOf('20260111_130000', [
      candidateOf('v1', v1, { cove: 89.5 }),
      candidateOf('v2', v2, { cove: 90 }),
    ]);
    const { json } = await deploying(bench, '--skip-load-test');
    expect(json).toMatchObject({
      decision: { kind: 'replace', because: 'live-fails' },
      deployment: { model_version: 'v2' },
    });
    expect(await liveVersion()).toBe('v2');
    expect((await shop.milton('status')).stdout).not.toContain('schedule');
  });

  it('stays where the run did not measure what is live, unless told otherwise', async () => {
    const only = [candidateOf('v1', v1, { cove: 99 })];
    const stayed = await deploying(await benchOf('20260111_140000', only));
    expect(stayed.json).toMatchObject({ decision: { kind: 'stay', because: 'live-unmeasured' } });
    const bench = await benchOf('20260111_150000', only);
    const replaced = await deploying(bench, '--deploy-unmeasured', '--skip-load-test');
    expect(replaced.json).toMatchObject({ deployment: { model_version: 'v1' } });
  });

  it.each([
    ['SCHEDULE_BENCH_FAILED', 'exit 7', [], 'exit code 7'],
    ['SCHEDULE_BENCH_FAILED', 'sleep 60', ['--bench-timeout', '200ms'], 'not ended within 200 ms'],
    ['SCHEDULE_NO_NEW_RUN', 'true', [], 'wrote no new run'],
  ])('fails with %s where the command is %s, which milton status shows', async (code, bench, args, why) => {
    const { exitCode, json } = await deploying(bench, ...args);
    expect({ exitCode, json }).toMatchObject({ exitCode: 1, json: { ok: false, error: { code } } });
    expect(await lastRun()).toMatchObject({ ok: false, failure: { code, aftermath: 'unchanged' } });
    const { stdout, exitCode: shown } = await shop.milton('status');
    expect(shown).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^schedule {2}last run failed just now: ${code}: .*${why}.*; milton schedule status$`, 'm'),
    );
    expect((await shop.document('status')).json).toMatchObject({
      schedule: { state: 'failed', failure: { code } },
    });
    expect((await shop.milton('schedule', 'status')).stdout).toContain(code);
  });

  it('fails where nobody passes, and says so in the same place', async () => {
    const bench = await benchOf('20260111_160000', [candidateOf('v1', v1, { cove: 10 })]);
    const { exitCode, json } = await deploying(bench);
    expect({ exitCode, json }).toMatchObject({
      exitCode: 3,
      json: { error: { code: 'SELECT_NONE_PASSED' } },
    });
    expect((await shop.milton('status')).stdout).toContain('last run failed just now: SELECT_NONE_PASSED');
    expect(await liveVersion()).toBe('v1');
  });

  it('runs milton bench where no other benchmark is named, into the folder where its run is looked for', async () => {
    const before = await readFile(join(shop.state, 'models/registry.json'), 'utf8');
    await shop.saveRegistry([]);
    const runs = join(shop.folder, 'runs here');
    const { exitCode, json } = await shop.document('schedule', 'run', '--benchmarks-dir', runs);
    await writeFile(join(shop.state, 'models/registry.json'), before);
    expect({ exitCode, json }).toMatchObject({
      exitCode: 1,
      json: {
        error: {
          code: 'SCHEDULE_BENCH_FAILED',
          details: {
            command: expect.stringMatching(
              /main\.js bench --quiet --benchmarks-dir '.*runs here'$/,
            ) as string,
            received: 'exit code 1',
          },
        },
      },
    });
    const { exitCode: printed, stdout } = await shop.milton('schedule', 'print');
    expect(printed).toBe(0);
    expect(stdout).not.toContain('bench-command');
  });
});

describe('a second run', () => {
  it('is refused while the first is at work, and does not touch its report: SCHEDULE_BUSY', async () => {
    const gate = join(shop.folder, 'gate');
    const bench = await benchOf('20260111_170000', [candidateOf('v1', v1)]);
    const first = start(`until [ -e ${quoteWord(gate)} ]; do sleep 0.05; done; ${bench}`);
    try {
      await until(async () => (await shop.milton('schedule', 'status')).stdout.includes('running since'));
      const { exitCode, json } = await schedule('true');
      expect({ exitCode, json }).toMatchObject({ exitCode: 1, json: { error: { code: 'SCHEDULE_BUSY' } } });
      expect(await lastRun()).toMatchObject({ ended_at: null });
    } finally {
      await writeFile(gate, '');
    }
    expect(await first.ended).toBe(0);
    expect(await lastRun()).toMatchObject({ ok: true });
  });

  it('sees that one before it was cut off', async () => {
    const first = start('sleep 60');
    await until(async () => (await shop.milton('schedule', 'status')).stdout.includes('running since'));
    first.child.kill('SIGKILL');
    await first.ended;
    const { stdout } = await shop.milton('status');
    expect(stdout).toMatch(/^schedule {2}last run began just now and was cut off/m);
    expect((await shop.document('schedule', 'status')).json).toMatchObject({
      last_run: { state: 'cut-off' },
    });
    const bench = await benchOf('20260111_180000', [candidateOf('v1', v1)]);
    expect((await schedule(bench)).exitCode).toBe(0);
    expect((await shop.milton('status')).stdout).not.toContain('schedule');
  });

  it('ends in order when systemd stops it', async () => {
    const first = start('sleep 60');
    await until(async () => (await shop.milton('schedule', 'status')).stdout.includes('running since'));
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(130);
    expect(await lastRun()).toMatchObject({ ok: false, failure: { code: 'CORE_INTERRUPTED' } });
  });

  it('shows a report that nobody can read', async () => {
    await mkdir(join(shop.state, 'schedule'), { recursive: true });
    await writeFile(join(shop.state, 'schedule/last_run.json'), '{"started_at":');
    expect((await shop.milton('status')).stdout).toContain('schedule  last run unknown: CORE_JSON_INVALID');
  });
});

function start(bench: string) {
  const child = spawn(process.execPath, [MAIN, 'schedule', 'run', '--bench-command', bench], {
    env: { PATH: process.env['PATH'], HOME: shop.folder, MILTON_STATE_DIR: shop.state },
    stdio: 'ignore',
  });
  return { child, ended: new Promise<number | null>((resolve) => child.on('close', resolve)) };
}

/** Asks until it is so; the time-out of the test ends it. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}
