/** An adoption that is killed at any call that changes a name leaves the owner's folder or our link, and settling puts it right. */
import { spawnSync } from 'node:child_process';
import { lstat, mkdir, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreatedBundle } from '../../src/bundle/index.ts';
import { resumeTarget } from '../../src/deploy/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';
import { startDeployProcess } from '../fakes/deploy-process.ts';

const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;
if (!canTrace) process.emitWarning('SKIPPED: strace is missing or may not trace here.');

let bench: DeployBench;
let v1: CreatedBundle;
let v2: CreatedBundle;

beforeAll(async () => {
  bench = await openDeployBench();
  v1 = await bench.bundle('v1');
  v2 = await bench.bundle('v2');
});

afterAll(() => bench.remove());

const srv = (): string => dirname(bench.target);
const releases = (): string => join(srv(), '.llm.milton/releases');

async function prepare(): Promise<number> {
  await rm(srv(), { recursive: true, force: true });
  await mkdir(bench.target, { recursive: true });
  await writeFile(join(bench.target, 'old.gguf'), 'not even a model');
  await rm(bench.state.historyDir, { recursive: true, force: true });
  await rm(bench.state.targetsFile, { force: true });
  return (await lstat(bench.target)).ino;
}

/** What stands at the target path: the owner's folder, our link, or nothing. */
async function standing(): Promise<'folder' | 'link' | 'nothing'> {
  const stats = await lstat(bench.target).catch(() => null);
  if (stats === null) return 'nothing';
  return stats.isSymbolicLink() ? 'link' : 'folder';
}

interface Crash {
  readonly call: string;
  readonly when: number;
  readonly hasExchange: boolean;
}

/** Whether it was killed: false where the call is not made that often. */
async function crashAt({ call, when, hasExchange }: Crash): Promise<boolean> {
  const kill = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${when}`];
  const { end } = startDeployProcess({
    bundle: v1.path,
    target: bench.target,
    stateDir: bench.state.path,
    options: { adopt: true },
    hasExchange,
    // strace counts for each thread: with one, every call of Node's has one order.
    prefix: ['env', 'UV_THREADPOOL_SIZE=1', 'strace', '-f', '-qq', '-o', '/dev/null', ...kill],
  });
  return (await end) === null;
}

interface Left {
  readonly isKilled: boolean;
  readonly state: string | undefined;
  readonly standing: 'folder' | 'link' | 'nothing';
}

/** Kills one adoption, looks at what is left, and has it settled; whatever the moment, all of this must hold. */
async function crashAndSettle(crash: Crash): Promise<Left> {
  const inode = await prepare();
  const before = await readTree(bench.target);
  const isKilled = await crashAt(crash);
  const left = await standing();
  const states = (await bench.journal()).map(({ state }) => state);
  if (left === 'folder') expect((await lstat(bench.target)).ino).toBe(inode);
  // Missing only where no exchange is known, and the journal has said so before.
  if (left === 'nothing')
    expect([crash.hasExchange, states.includes('setting-aside')]).toEqual([false, true]);
  await resumeTarget({ allowNetworkFs: false, restart: true }, await bench.context());
  const isLive = states.at(-1) === 'live';
  expect(await standing()).toBe(isLive ? 'link' : 'folder');
  const names = await readdir(releases()).catch(() => []);
  const [kept = ''] = names.filter((name) => name.startsWith('adopt_'));
  const folder = isLive ? join(releases(), kept) : bench.target;
  expect((await lstat(folder)).ino).toBe(inode);
  expect(await readTree(folder)).toEqual(before);
  if (!isLive) expect(names).toEqual([]);
  expect((await readdir(srv())).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  return { isKilled, state: states.at(-1), standing: left };
}

const nextGoesThrough = async (): Promise<void> => {
  const next = await bench.deploy(v2.path, { adopt: true });
  expect(next).toMatchObject({ state: 'live', adopted: { kind: 'folder' } });
  expect(await readlink(bench.target)).toContain(next.record.deployment_id);
  expect((await readdir(releases())).filter((name) => name.startsWith('.'))).toEqual([]);
};

describe.skipIf(!canTrace)('an adoption that is killed', () => {
  it.each<[string, string, number, Left['state'], Left['standing']]>([
    ['before it rehearses the exchange', 'renameat2', 1, 'planned', 'folder'],
    ['before the folder is given its link', 'symlink', 5, 'activating', 'folder'],
    ['before the exchange', 'renameat2', 2, 'activating', 'folder'],
    ['before its record is written', 'rename', 4, 'live', 'link'],
  ])('%s leaves the folder or the link', async (_, call, when, state, standing) => {
    const left = await crashAndSettle({ call, when, hasExchange: true });
    expect(left).toEqual({ isKilled: true, state, standing });
    if (state !== 'live') await nextGoesThrough();
  });

  it.each<[string, string, number, Left['state'], Left['standing']]>([
    ['before the folder is moved aside', 'rename', 4, 'setting-aside', 'folder'],
    ['before the link is made', 'symlink', 4, 'activating', 'nothing'],
  ])('%s, without an exchange, loses nothing', async (_, call, when, state, standing) => {
    const left = await crashAndSettle({ call, when, hasExchange: false });
    expect(left).toEqual({ isKilled: true, state, standing });
    await nextGoesThrough();
  });

  // Minutes: for a walk by hand, MILTON_CRASH_CALLS=rename,renameat2,symlink,unlink,rmdir,mkdir,write,fsync,openat.
  const calls = (process.env['MILTON_CRASH_CALLS'] ?? '').split(',').filter((call) => call !== '');
  it.skipIf(calls.length === 0).each(
    calls.flatMap((call) => [
      { call, hasExchange: true },
      { call, hasExchange: false },
    ]),
  )(
    'at any $call (exchange: $hasExchange) loses nothing',
    { timeout: 1_800_000 },
    async ({ call, hasExchange }) => {
      let points = 0;
      while ((await crashAndSettle({ call, when: points + 1, hasExchange })).isKilled) points += 1;
      process.stderr.write(`${call}: ${points} points\n`);
    },
  );
});
