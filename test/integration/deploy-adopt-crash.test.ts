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

/** Calls that give, take or change names. All others change nothing that anybody could find by its name. */
const NAMING = ['rename', 'renameat2', 'symlink', 'unlink', 'rmdir'] as const;
/** For a walk by hand, also those that write: MILTON_CRASH_CALLS=write,pwrite64,fsync,ftruncate,openat,mkdir,fchmod,chmod. */
const CALLS: readonly string[] = process.env['MILTON_CRASH_CALLS']?.split(',') ?? NAMING;

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
  /** Further injections of strace, beside the kill. */
  readonly also: readonly string[];
  readonly call: string;
  readonly when: number;
}

/** Whether it was killed: false once the call is not made that often. */
async function crashAt({ also, call, when }: Crash): Promise<boolean> {
  const traced = [...new Set([call, ...also.map((one) => one.split(':')[0] ?? '')])].join(',');
  const injections = [...also, `${call}:signal=KILL:when=${when}`].flatMap((one) => ['-e', `inject=${one}`]);
  const { end } = startDeployProcess({
    bundle: v1.path,
    target: bench.target,
    stateDir: bench.state.path,
    options: { adopt: true },
    // strace counts for each thread: with one, every call of Node's has one order.
    prefix: [
      'env',
      'UV_THREADPOOL_SIZE=1',
      'strace',
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${traced}`,
      ...injections,
    ],
  });
  return (await end) === null;
}

async function walk(call: string, also: readonly string[], mayBeMissing: boolean): Promise<number> {
  let points = 0;
  for (let when = 1; ; when += 1) {
    const inode = await prepare();
    const before = await readTree(bench.target);
    const isKilled = await crashAt({ also, call, when });
    const at = `${call} ${when}`;
    const left = await standing();
    const states = (await bench.journal()).map(({ state }) => state);
    if (left === 'nothing') {
      // Only where no exchange is known, and the journal has said so before.
      expect([at, mayBeMissing, states.includes('setting-aside')]).toEqual([at, true, true]);
    } else if (left === 'folder') expect([at, (await lstat(bench.target)).ino]).toEqual([at, inode]);
    if (!isKilled) {
      expect([at, left]).toEqual([at, 'link']);
      expect([at, states.includes('setting-aside')]).toEqual([at, mayBeMissing]);
      return points;
    }
    points += 1;
    await resumeTarget({ allowNetworkFs: false, restart: true }, await bench.context());
    const isLive = states.at(-1) === 'live';
    expect([at, await standing()]).toEqual([at, isLive ? 'link' : 'folder']);
    const [kept = ''] = (await readdir(releases()).catch(() => [])).filter((name) =>
      name.startsWith('adopt_'),
    );
    const folder = isLive ? join(releases(), kept) : bench.target;
    expect([at, (await lstat(folder)).ino]).toEqual([at, inode]);
    expect(await readTree(folder)).toEqual(before);
    if (!isLive) expect([at, await readdir(releases()).catch(() => [])]).toEqual([at, []]);
    expect([at, (await readdir(srv())).filter((name) => name.endsWith('.tmp'))]).toEqual([at, []]);
    // And the next one goes through.
    if (when > 1) continue;
    const next = await bench.deploy(v2.path, { adopt: true });
    expect([at, next.state, next.adopted === null]).toEqual([at, 'live', isLive]);
    expect(await readlink(bench.target)).toContain(next.record.deployment_id);
  }
}

describe.skipIf(!canTrace)('an adoption that is killed', () => {
  it.each(CALLS.map((call) => [call]))(
    'at any %s leaves the folder or the link, never nothing',
    async (call) => {
      expect(await walk(call, [], false)).toBeGreaterThan(0);
    },
  );

  // EINVAL is what a file system says that knows no exchange. Where the way differs is where links are made and names moved.
  it.each(CALLS.filter((call) => !['renameat2', 'unlink', 'rmdir'].includes(call)).map((call) => [call]))(
    'at any %s without an exchange loses nothing, and is put back',
    async (call) => {
      expect(await walk(call, ['renameat2:error=EINVAL'], true)).toBeGreaterThan(0);
    },
  );
});
