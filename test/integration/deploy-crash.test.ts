/** A deployment that is killed, interrupted, raced or starved at any moment leaves the old release or the new one. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { lstat, mkdir, readdir, readlink, rm, stat, statfs, symlink } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedBundle } from '../../src/bundle/index.ts';
import {
  assertDeployable,
  DEFAULT_DEPLOY_OPTIONS,
  readStatus,
  RESUME,
  resolveTarget,
  type State,
} from '../../src/deploy/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';
import { startDeployProcess, type DeployProcess } from '../fakes/deploy-process.ts';
import { soundEngine } from '../fakes/engine.ts';

let bench: DeployBench;
let v1: CreatedBundle;
let v2: CreatedBundle;
const running: DeployProcess[] = [];

beforeAll(async () => {
  bench = await openDeployBench();
  v1 = await bench.bundle('v1');
  v2 = await bench.bundle('v2', { vocabularySize: 20_000 });
});

afterAll(() => bench.remove());

beforeEach(async () => {
  await rm(join(bench.folder, 'srv'), { recursive: true, force: true });
  await mkdir(join(bench.folder, 'srv'));
  await rm(bench.state.historyDir, { recursive: true, force: true });
  await rm(bench.state.targetsFile, { force: true });
});

afterEach(async () => {
  for (const one of running.splice(0)) await one.kill();
});

function start(options: Partial<Parameters<typeof startDeployProcess>[0]> = {}): DeployProcess {
  const one = startDeployProcess({
    bundle: v2.path,
    target: bench.target,
    stateDir: bench.state.path,
    ...options,
  });
  running.push(one);
  return one;
}

const releasesDir = (): string => join(bench.folder, 'srv/.llm.milton/releases');
const live = (): Promise<string | null> =>
  readlink(bench.target).then(
    (text) => text.split('/').at(-1) ?? null,
    () => null,
  );

/** Whatever happened: no unfinished folder, no stray link, and the link leads to a sound release. */
async function expectTidy(): Promise<void> {
  expect((await readdir(releasesDir())).filter((name) => name.startsWith('.'))).toEqual([]);
  expect((await readdir(join(bench.folder, 'srv'))).toSorted()).toEqual(['.llm.milton', 'llm']);
  execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: bench.target });
}

describe('a deployment that is killed', () => {
  const moments = [
    'planned',
    'staging',
    'bytes',
    'verified',
    'load-tested',
    'activating',
    'probing',
    'live',
  ] as const;

  it.each(moments)(
    'at %s leaves the old release or the new one, and the next run settles it',
    async (holdAt) => {
      const first = await bench.deploy(v1.path);
      const one = start({ holdAt });
      await one.held;
      await one.kill();
      const swapped = holdAt === 'probing' || holdAt === 'live';
      const left = await live();
      expect(left === first.record.deployment_id).toBe(!swapped);
      execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: bench.target });
      const { unfinished } = await readStatus((await bench.context()).layout);
      const state: State = holdAt === 'bytes' ? 'staging' : holdAt;
      expect(unfinished?.state ?? 'live').toBe(state);
      expect(unfinished?.next ?? 'nothing').toBe(RESUME[state]);

      const next = await bench.deploy(v2.path);
      expect(next).toMatchObject({ state: 'live', alreadyLive: holdAt === 'live' });
      await expectTidy();
      if (holdAt === 'live') return;
      expect(next.previousReleaseId).toBe(first.record.deployment_id);
      expect(next.warnings).toMatchObject([{ code: 'DEPLOY_UNFINISHED_SETTLED' }]);
      const settled = state === 'activating' || state === 'probing' ? 'rolled_back' : 'failed';
      const records = await bench.records();
      expect(records.map(({ status }) => String(status)).toSorted()).toEqual(
        ['success', 'success', settled].toSorted(),
      );
      for (const record of records) expect(Object.keys(record)).toHaveLength(9);
    },
  );

  it.each(['bytes', 'activating', 'probing'])(
    'at %s as the very first leaves nothing, or the new one',
    async (holdAt) => {
      const one = start({ holdAt });
      await one.held;
      await one.kill();
      expect((await live()) === null).toBe(holdAt !== 'probing');
      expect(await bench.deploy(v2.path)).toMatchObject({ state: 'live', previousReleaseId: null });
      await expectTidy();
    },
  );

  it('in the middle of the swap leaves a stray link, which the next run removes, and nothing of others', async () => {
    await bench.deploy(v1.path);
    const one = start({ holdAt: 'activating' });
    await one.held;
    await one.kill();
    const srv = join(bench.folder, 'srv');
    const [release = ''] = (await readdir(releasesDir())).filter((name) => name.includes('_v2_'));
    await symlink(`.llm.milton/releases/${release}`, join(srv, '.llm.0123456789ab.tmp'));
    await symlink('.milton-rehearsal', join(srv, '..llm.0123456789ab.tmp.ba9876543210.tmp'));
    await symlink('/elsewhere', join(srv, '.llm.ffffffffffff.tmp'));
    await bench.deploy(v2.path);
    expect((await readdir(srv)).toSorted()).toEqual(['.llm.ffffffffffff.tmp', '.llm.milton', 'llm']);
  });

  it('while it goes back leaves it to the next run to go on', async () => {
    const first = await bench.deploy(v1.path);
    const second = await bench.deploy(v2.path);
    const one = start({ job: 'rollback', holdAt: 'probing' });
    await one.held;
    await one.kill();
    expect(await live()).toBe(first.record.deployment_id);
    // What was half done is undone first, and then done.
    const back = await bench.rollBack();
    expect(back.warnings).toMatchObject([{ code: 'DEPLOY_UNFINISHED_SETTLED' }]);
    const { deployment_id: previousReleaseId } = second.record;
    expect(back).toMatchObject({ state: 'live', alreadyLive: false, previousReleaseId });
    expect(await live()).toBe(first.record.deployment_id);
    await expectTidy();
  });

  it('after it had swapped the link needs no second step back: settling it was the rollback', async () => {
    const first = await bench.deploy(v1.path);
    const one = start({ holdAt: 'probing' });
    await one.held;
    await one.kill();
    const back = await bench.rollBack();
    expect(back).toMatchObject({ state: 'live', alreadyLive: true, record: { model_version: 'v1' } });
    expect(back.warnings).toMatchObject([{ code: 'DEPLOY_UNFINISHED_SETTLED' }]);
    expect(await live()).toBe(first.record.deployment_id);
    await expectTidy();
  });

  it('of a first deployment is settled by a rollback too, which then has nothing to go back to', async () => {
    const one = start({ holdAt: 'probing' });
    await one.held;
    await one.kill();
    expect(await live()).not.toBeNull();
    await expect(bench.rollBack()).rejects.toMatchObject({ code: 'DEPLOY_NOTHING_TO_GO_BACK_TO' });
    expect(await live()).toBeNull();
    expect(await readdir(join(bench.folder, 'srv/.llm.milton/releases'))).toEqual([]);
  });

  it('at any random moment leaves a link that never dangles', async () => {
    const first = await bench.deploy(v1.path);
    for (const delayMs of [150, 200, 230, 260, 300]) {
      const one = start();
      await sleep(delayMs);
      await one.kill();
      expect(await live()).not.toBeNull();
      statSync(join(bench.target, 'SHA256SUMS'));
      const back = await bench.deploy(v1.path);
      expect(back.state).toBe('live');
      await expectTidy();
    }
    expect(first.state).toBe('live');
  });
});

describe('two deployments at once', () => {
  it('refuses the second and names the first', async () => {
    const one = start({ holdAt: 'staging' });
    await one.held;
    const other = await start().end;
    expect(other).toMatchObject({
      code: 'TARGET_BUSY',
      exitCode: 1,
      aftermath: 'unchanged',
      message: expect.stringContaining(`process ${one.child.pid}`),
    });
    await one.kill();
    expect(await start().end).toMatchObject({ state: 'live' });
  });

  it('lets the second wait for the first where it is told to', async () => {
    const one = start({ holdAt: 'staging' });
    await one.held;
    const waiting = bench.deploy(v1.path, {}, { waitMs: 30_000 });
    await sleep(300);
    await one.kill();
    expect(await waiting).toMatchObject({ state: 'live' });
  });

  it('ends the waiting with an interrupt', async () => {
    const one = start({ holdAt: 'staging' });
    await one.held;
    const controller = new AbortController();
    const waiting = bench.deploy(v1.path, {}, { waitMs: 30_000, signal: controller.signal });
    setTimeout(() => controller.abort(), 200);
    await expect(waiting).rejects.toMatchObject({ code: 'CORE_INTERRUPTED', exitCode: 130 });
    await one.kill();
  });
});

describe('an interrupt', () => {
  const controllerThat = (state: string) => {
    const controller = new AbortController();
    const onProgress = (event: { kind: string; step: string }): void => {
      if (event.step === state) controller.abort();
    };
    return { signal: controller.signal, onProgress };
  };

  it.each(['planned', 'staging', 'extract', 'verified', 'load-tested'])(
    'at %s leaves the target unchanged and nothing behind',
    async (state) => {
      const first = await bench.deploy(v1.path);
      const before = await readTree(releasesDir());
      await expect(bench.deploy(v2.path, {}, controllerThat(state))).rejects.toMatchObject({
        code: 'CORE_INTERRUPTED',
        exitCode: 130,
        aftermath: 'unchanged',
      });
      expect(await live()).toBe(first.record.deployment_id);
      expect(await readTree(releasesDir())).toEqual(before);
      await expectTidy();
    },
  );

  it.each(['activating', 'probing'])('at %s goes back', async (state) => {
    const first = await bench.deploy(v1.path);
    await expect(bench.deploy(v2.path, {}, controllerThat(state))).rejects.toMatchObject({
      code: 'DEPLOY_ROLLED_BACK',
      exitCode: 4,
      aftermath: 'rolled-back',
    });
    expect(await live()).toBe(first.record.deployment_id);
    expect((await bench.records()).map(({ status }) => status)).toEqual(['success', 'rolled_back']);
    await expectTidy();
  });

  it('as Ctrl-C in a terminal, during staging, leaves nothing behind', async () => {
    await bench.deploy(v1.path);
    const before = await readTree(releasesDir());
    const one = start({ holdAt: 'never' });
    one.child.stdout?.on('data', (text) => {
      if (String(text).includes('staging')) one.child.kill('SIGINT');
    });
    const end = await one.end;
    // It may have been too late: then it went back, or was live before the signal came.
    expect([130, 4, undefined]).toContain(end?.exitCode);
    if (end?.exitCode === 130) expect(await readTree(releasesDir())).toEqual(before);
    await expectTidy();
  });
});

describe('a link that somebody else changes meanwhile', () => {
  const swapAt = (state: string, how: () => Promise<void>) => ({
    engine: soundEngine({ onLoad: state === 'load' ? how : async () => undefined }),
  });

  it('is refused before activation and left as it is', async () => {
    await bench.deploy(v1.path);
    const swap = swapAt('load', async () => {
      await rm(bench.target);
      await symlink('/somewhere/else', bench.target);
    });
    await expect(bench.deploy(v2.path, {}, swap)).rejects.toMatchObject({
      code: 'TARGET_MOVED',
      exitCode: 3,
      aftermath: 'unchanged',
      details: { received: expect.stringContaining('/somewhere/else') },
    });
    expect(await readlink(bench.target)).toBe('/somewhere/else');
    expect((await readdir(releasesDir())).filter((name) => name.includes('_v2_'))).toEqual([]);
  });

  it('is refused where there was none at first', async () => {
    const swap = swapAt('load', () => symlink('/somewhere/else', bench.target));
    await expect(bench.deploy(v2.path, {}, swap)).rejects.toMatchObject({ code: 'TARGET_MOVED' });
    expect(await readlink(bench.target)).toBe('/somewhere/else');
  });

  it('is never overwritten on the way back: a person has to look', async () => {
    await bench.deploy(v1.path);
    const controller = new AbortController();
    const onProgress = (event: { kind: string; step: string }): void => {
      if (event.step !== 'probing') return;
      execFileSync('ln', ['-sfn', '/somewhere/else', bench.target]);
      controller.abort();
    };
    await expect(bench.deploy(v2.path, {}, { signal: controller.signal, onProgress })).rejects.toMatchObject({
      code: 'DEPLOY_STUCK',
      exitCode: 5,
      aftermath: 'partial',
      message: expect.stringContaining('changed by somebody else'),
    });
    expect(await readlink(bench.target)).toBe('/somewhere/else');
  });
});

describe('while releases are exchanged', () => {
  it('a reader always finds one that is whole', async () => {
    await bench.deploy(v1.path);
    const reader = startReader();
    for (const bundle of [v2, v1, v2]) await bench.deploy(bundle.path);
    await bench.rollBack();
    const { reads, misses } = await reader.stop();
    expect(misses).toEqual([]);
    expect(reads).toBeGreaterThan(50);
  });

  /** A process that does nothing but look. */
  function startReader(): { stop(): Promise<{ reads: number; misses: string[] }> } {
    const script = `
      const { readFileSync } = require('node:fs');
      let reads = 0; const misses = []; let on = true;
      process.stdin.on('data', () => { on = false; });
      const look = () => {
        for (let index = 0; index < 50; index += 1) {
          try { readFileSync(process.argv[1] + '/SHA256SUMS'); reads += 1; } catch (error) { misses.push(error.code); }
        }
        if (on) setImmediate(look); else { console.log(JSON.stringify({ reads, misses })); process.exit(0); }
      };
      look();`;
    const output: Buffer[] = [];
    const child = spawn(process.execPath, ['-e', script, bench.target], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdout.on('data', (part: Buffer) => output.push(part));
    return {
      async stop() {
        child.stdin.write('x');
        await new Promise((resolve) => child.once('close', resolve));
        return JSON.parse(Buffer.concat(output).toString()) as { reads: number; misses: string[] };
      },
    };
  }
});

describe('a dry run that is killed while it unpacks', () => {
  const dryRun = { hasEngine: true, options: { dryRun: true, withLoadTest: true, skipLoadTest: false } };
  const unpacked = async (): Promise<string[]> =>
    (await readdir(bench.state.path)).filter((name) => name.startsWith('.dryrun_'));

  it.each(['dry run', 'deployment'])('leaves a folder that the next %s removes', async (next) => {
    const one = start({ ...dryRun, holdAt: 'bytes' });
    await one.held;
    expect(await unpacked()).toHaveLength(1);
    await one.kill();
    expect(await unpacked()).toHaveLength(1);
    if (next === 'dry run') await bench.deploy(v2.path, { dryRun: true, withLoadTest: true });
    else await bench.deploy(v2.path);
    expect(await unpacked()).toEqual([]);
  });

  it('leaves the folder of another one that is still at work alone', async () => {
    const one = start({ ...dryRun, holdAt: 'bytes' });
    await one.held;
    await bench.deploy(v2.path, { dryRun: true, withLoadTest: true });
    expect(await unpacked()).toHaveLength(1);
    await one.kill();
    await bench.deploy(v2.path, { dryRun: true, withLoadTest: true });
  });
});

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

describe.skipIf(!canMount)('a disk that is full', () => {
  let disk = '';
  beforeEach(async () => {
    disk = join(bench.folder, 'disk');
    await mkdir(disk, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=0755', 'tmpfs', disk]);
  });
  afterEach(() => {
    execFileSync('umount', [disk]);
  });

  it('is refused by the plan, with numbers, before anything is written', async () => {
    execFileSync('fallocate', ['-l', '16M', join(disk, 'filler')]);
    const error: unknown = await start({ target: join(disk, 'llm') }).end;
    expect(error).toMatchObject({ code: 'TARGET_DISK_SHORT', exitCode: 3 });
    expect(await readdir(disk)).toEqual(['filler']);
  });

  it('takes weights again that it has already, and no others', async () => {
    const layout = await resolveTarget(join(disk, 'llm'), bench.state);
    await bench.deploy(v1.path, {}, { layout });
    await bench.deploy(v2.path, {}, { layout });
    const context = await bench.context({ layout });
    const { bavail, bsize } = await statfs(disk);
    // The margin and a little more, less than the weights.
    execFileSync('fallocate', ['-l', String(bavail * bsize - 17_000_000), join(disk, 'filler')]);
    const known = await bench.input(join(bench.folder, 'v1.gguf'), 'again');
    const large = await bench.model('large.gguf', { vocabularySize: 30_000 });
    const options = { ...DEFAULT_DEPLOY_OPTIONS, skipLoadTest: true, packInto: null };
    await assertDeployable(known, options, context);
    expect(await bench.deploy({ kind: 'artifact', input: known }, options, { layout })).toMatchObject({
      state: 'live',
    });
    const unknown = await bench.input(large, 'large');
    const short = { code: 'TARGET_DISK_SHORT', aftermath: 'unchanged' };
    await expect(assertDeployable(unknown, options, context)).rejects.toMatchObject(short);
    await expect(
      bench.deploy({ kind: 'artifact', input: unknown }, options, { layout }),
    ).rejects.toMatchObject(short);
  });

  it('during staging ends refused, with the old release live and nothing left behind', async () => {
    const target = join(disk, 'llm');
    const layout = await resolveTarget(target, bench.state);
    const first = await bench.deploy(v1.path, {}, { layout });
    const before = await readdir(layout.releasesDir);
    const filler = join(disk, 'filler');
    const onProgress = (event: { kind: string; step: string }): void => {
      if (event.step !== 'staging') return;
      // Everything but a few blocks, once the plan has said that there is room.
      spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k'], { stdio: 'ignore' });
      execFileSync('truncate', ['-s', '-256K', filler]);
    };
    await expect(bench.deploy(v2.path, {}, { layout, onProgress })).rejects.toMatchObject({
      code: expect.stringMatching(/^(BUNDLE_NO_ROOM|SYSTEM_DISK_FULL)$/),
      exitCode: 1,
      aftermath: 'unchanged',
    });
    expect(await readlink(target)).toContain(first.record.deployment_id);
    expect(await readdir(layout.releasesDir)).toEqual(before);
    await rm(filler);
    expect(await bench.deploy(v2.path, {}, { layout })).toMatchObject({ state: 'live' });
  });
});

describe('weights that the target has already', () => {
  it('are linked, not written again, after they were hashed', async () => {
    const first = await bench.deploy(v1.path);
    await bench.deploy(v2.path);
    const third = await bench.deploy(v1.path);
    const inode = async (path: string): Promise<number> => (await stat(join(path, 'model/v1.gguf'))).ino;
    expect(await inode(third.releasePath ?? '')).toBe(await inode(first.releasePath ?? ''));
    expect((await bench.journal()).findLast(({ state }) => state === 'planned')?.facts).toMatchObject({
      linked_from: first.record.deployment_id,
    });
    await expectTidy();
  });

  it('are written again where they were damaged, or are to have another mode', async () => {
    const first = await bench.deploy(v1.path);
    await bench.deploy(v2.path);
    const model = join(first.releasePath ?? '', 'model/v1.gguf');
    const other = await bench.deploy(v1.path, { permissions: { fileMode: 0o600, groupId: null } });
    expect((await lstat(model)).nlink).toBe(1);
    expect((await lstat(model)).mode & 0o777).toBe(0o644);
    await bench.deploy(v2.path);
    execFileSync('truncate', ['-s', '-1', model]);
    const again = await bench.deploy(v1.path);
    expect((await stat(join(again.releasePath ?? '', 'model/v1.gguf'))).nlink).toBe(1);
    expect(other.state).toBe('live');
    await expectTidy();
  });

  it('are linked for a release made from the artifact itself too', async () => {
    const first = await bench.deploy(v1.path);
    await bench.deploy(v2.path);
    const input = await bench.input(join(bench.folder, 'v1.gguf'), 'v1');
    const third = await bench.deploy({ kind: 'artifact', input });
    expect((await stat(join(third.releasePath ?? '', 'model/v1.gguf'))).ino).toBe(
      (await stat(join(first.releasePath ?? '', 'model/v1.gguf'))).ino,
    );
    await expectTidy();
  });
});
