/**
 * The built command, killed at a system call of a pruning: what is live and what is offered is whole, going back works, and
 * the next pruning finishes the job.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdir, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pruneTarget, readStatus } from '../../src/deploy/index.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';
import { skipLoudly } from './system-child.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const POLICY = { keep: 1, keepBundles: 0 };

let bench: DeployBench;
const place = (name: string): string => join(bench.folder, name);
const releasesDir = (): string => place('srv/.llm.milton/releases');

/** Four releases, of which two go, and their bundles. */
beforeAll(async () => {
  bench = await openDeployBench();
  for (const version of ['v1', 'v2', 'v3', 'v4']) {
    const { path } = await bench.bundle(version);
    const retention = { keep: 'all', keepBundles: 'all' } as const;
    await bench.deploy({ kind: 'bundle', path, isPacked: true }, { retention });
  }
  await copy('whole');
});

afterAll(() => bench.remove());

async function copy(name: string): Promise<void> {
  await rm(place(name), { recursive: true, force: true });
  execFileSync('mkdir', [place(name)]);
  execFileSync('cp', ['-a', place('srv'), place('state'), place(name)]);
}

async function restore(name: string): Promise<void> {
  await rm(place('srv'), { recursive: true });
  await rm(place('state'), { recursive: true });
  execFileSync('cp', ['-a', place(`${name}/srv`), place(`${name}/state`), bench.folder]);
}

/** True where that call came. One thread does all work on files, or each would count for itself. */
function pruneKilledAt(call: string, when: number): boolean {
  const policy = ['--keep', '1', '--keep-bundles', '0'];
  const command = [process.execPath, MAIN, 'prune', '--target-path', bench.target, ...policy];
  const inject = [
    '-f',
    '-o',
    '/dev/null',
    '-e',
    `trace=${call}`,
    '-e',
    `inject=${call}:signal=KILL:when=${when}`,
  ];
  const { signal, status } = spawnSync('strace', [...inject, ...command], {
    env: { ...process.env, MILTON_STATE_DIR: bench.state.path, UV_THREADPOOL_SIZE: '1' },
  });
  const isKilled = signal === 'SIGKILL' || status === 137;
  if (!isKilled) expect(status).toBe(0);
  return isKilled;
}

const live = async (): Promise<string> => readlink(bench.target);

function expectWhole(directory: string): void {
  execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: directory });
}

/** What the next runs find, each from the same remains. */
async function expectRecovered(liveBefore: string): Promise<void> {
  const { layout } = await bench.context();
  expect(await live()).toBe(liveBefore);
  expectWhole(bench.target);
  for (const { id } of (await readStatus(layout)).previous) expectWhole(join(releasesDir(), id));
  await copy('crashed');

  await bench.rollBack({ now: 'test' });
  expect((await readStatus(layout)).live?.known?.version).toBe('v3');
  expectWhole(bench.target);
  await expectTidy();

  await restore('crashed');
  await pruneTarget({ policy: POLICY, dryRun: false, allowNetworkFs: false }, await bench.context());
  await expectTidy();
  const versions = (await readdir(releasesDir())).map((name) => name.split('_')[1]);
  expect(new Set(versions)).toEqual(new Set(['v3', 'v4']));
  expect(versions).toHaveLength(2);
  expect(await readdir(bench.state.bundlesDir)).toHaveLength(2);
  expect(await live()).toBe(liveBefore);
}

async function expectTidy(): Promise<void> {
  expect((await readdir(releasesDir())).filter((name) => name.startsWith('.'))).toEqual([]);
  expect((await readdir(join(bench.folder, 'srv'))).toSorted()).toEqual(['.llm.milton', 'llm']);
  expect((await readStatus((await bench.context()).layout)).unfinished).toBeNull();
}

/** A few of each kind; `MILTON_EVERY_CALL=1` walks all there are. */
const POINTS: readonly (readonly [call: string, whens: readonly number[]])[] = [
  ['unlink', [1, 7]],
  ['rename', [2]],
  ['rmdir', [1]],
  ['fsync', [2, 3]],
  ['write', [4]],
  ['pwrite64', []],
  ['ftruncate', []],
  ['fchmod', []],
];

const isEvery = process.env['MILTON_EVERY_CALL'] === '1';
/** All the calls are some 100, and each point is five runs. */
const TIMEOUT_MS = isEvery ? 3_600_000 : 120_000;

describe.skipIf(process.platform !== 'linux')('a pruning that is killed', () => {
  it(
    'leaves all that is offered whole, and the next run finishes it',
    async (context) => {
      if (spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status !== 0) {
        skipLoudly(context, 'strace is missing or may not trace here');
      }
      const liveBefore = await live();
      let points = 0;
      for (const [call, some] of POINTS) {
        for (const when of isEvery ? Array.from({ length: 200 }, (_, at) => at + 1) : some) {
          const isKilled = pruneKilledAt(call, when);
          if (!isKilled) {
            expect(isEvery, `${call} ${when} was never called`).toBe(true);
            await restore('whole');
            break;
          }
          points += 1;
          await expectRecovered(liveBefore);
          await restore('whole');
          if (isEvery) process.stderr.write(`${points} points: killed at ${call} ${when}, and recovered\n`);
        }
      }
      expect(points).toBeGreaterThan(5);
    },
    TIMEOUT_MS,
  );
});
