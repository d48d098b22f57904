/** Earlier releases and bundles go when nothing needs them, and nothing else ever does. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedBundle } from '../../src/bundle/index.ts';
import { fixedClock } from '../../src/system/index.ts';
import {
  pruneTarget,
  readStatus,
  resumeTarget,
  type DeployContext,
  type DeploymentOutcome,
  type PruneOptions,
  type PruneOutcome,
} from '../../src/deploy/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';

const ALL = { keep: 'all', keepBundles: 'all' } as const;

let bench: DeployBench;
const running: ChildProcess[] = [];

beforeEach(async () => {
  bench = await openDeployBench();
});

afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await bench.remove();
});

const releasesDir = (): string => join(bench.folder, 'srv/.llm.milton/releases');
const releases = async (): Promise<string[]> => (await readdir(releasesDir())).toSorted();

async function prune(
  options: Partial<PruneOptions> = {},
  rest: Partial<DeployContext> = {},
): Promise<PruneOutcome> {
  const defaults = { policy: { keep: 3, keepBundles: 2 }, dryRun: false, allowNetworkFs: false } as const;
  return pruneTarget({ ...defaults, ...options }, await bench.context(rest));
}

/** Deploys without taking anything away; gives what each made, oldest first. */
async function deployAll(...versions: readonly string[]): Promise<DeploymentOutcome[]> {
  const outcomes: DeploymentOutcome[] = [];
  for (const version of versions) outcomes.push(await deployPacked(version));
  return outcomes;
}

async function deployPacked(
  version: string,
  options: object = { retention: ALL },
): Promise<DeploymentOutcome> {
  const { path } = await bench.bundle(version);
  return bench.deploy({ kind: 'bundle', path, isPacked: true }, options);
}

const idOf = ({ record }: DeploymentOutcome | undefined = {} as DeploymentOutcome): string =>
  record.deployment_id;

const fateOf = ({ report }: PruneOutcome): Record<string, string> =>
  Object.fromEntries(
    report.releases.map(({ release, decision }) => [
      release.version,
      `${decision.action} ${decision.because}`,
    ]),
  );

const shelfOf = async (): Promise<string[]> => (await readdir(bench.state.bundlesDir)).toSorted();

describe('pruneTarget', () => {
  it('removes the oldest releases, says so in the journal, and offers them no more', async () => {
    const [v1, v2, v3] = await deployAll('v1', 'v2', 'v3');
    const outcome = await prune({ policy: { keep: 1, keepBundles: 'all' } });

    expect(fateOf(outcome)).toEqual({ v1: 'remove older', v2: 'keep rollback', v3: 'keep live' });
    expect(await releases()).toEqual([idOf(v2), idOf(v3)].toSorted());
    const lines = (await bench.journal()).slice(-2);
    expect(lines).toMatchObject([
      { kind: 'prune', state: 'removing', to: idOf(v1), from: idOf(v3), why: 'older' },
      { kind: 'prune', state: 'removed', to: idOf(v1) },
    ]);
    const status = await readStatus((await bench.context()).layout);
    expect(status.previous.map(({ id }) => id)).toEqual([idOf(v2)]);
    expect(status.unfinished).toBeNull();
    await expect(bench.rollBack({ to: idOf(v1) })).rejects.toMatchObject({ code: 'DEPLOY_RELEASE_UNKNOWN' });
    expect((await bench.rollBack()).record.model_version).toBe('v2');
  });

  it('keeps what was rolled back from while it is recent, and takes it later', async () => {
    await deployAll('v1', 'v2', 'v3');
    await bench.rollBack({ now: 'test' });
    expect(fateOf(await prune({ policy: { keep: 1, keepBundles: 'all' } }))).toEqual({
      v1: 'keep rollback',
      v2: 'keep live',
      v3: 'keep recent',
    });
    await deployAll('v4');
    expect(fateOf(await prune({ policy: { keep: 1, keepBundles: 'all' } }))).toEqual({
      v1: 'remove older',
      v2: 'keep rollback',
      v3: 'remove older',
      v4: 'keep live',
    });
  });

  it('touches nothing in a dry run, and tells the same', async () => {
    await deployAll('v1', 'v2', 'v3', 'v4');
    const policy = { keep: 0, keepBundles: 0 };
    const before = await readTree(bench.folder);
    const dry = await prune({ policy, dryRun: true });
    expect(await readTree(bench.folder)).toEqual(before);
    const real = await prune({ policy });
    expect(fateOf(real)).toEqual(fateOf(dry));
    expect(real.report.releases.map(({ freesBytes }) => freesBytes)).toEqual(
      dry.report.releases.map(({ freesBytes }) => freesBytes),
    );
    expect(await releases()).toHaveLength(2);
    expect(await shelfOf()).toHaveLength(2);
  });

  it('frees what it says, counting a file of two releases only with its last name', async () => {
    const [v1] = await deployAll('v1', 'v2');
    const path = (await bench.records()).length;
    expect(path).toBe(2);
    // The same bytes again: the weights are one file with two names.
    const bundle = join(bench.state.bundlesDir, basename(v1?.bundlePath ?? ''));
    await bench.deploy(bundle, { retention: ALL });
    await deployAll('v3', 'v4');
    const model = (await stat(join(v1?.releasePath ?? '', 'model/v1.gguf'))).size;

    const one = await prune({ policy: { keep: 3, keepBundles: 'all' } });
    const first = one.report.releases.find(({ release }) => release.id === idOf(v1));
    expect(first?.decision).toEqual({ action: 'remove', because: 'older' });
    expect(first?.freesBytes).toBeLessThan(model);

    const both = await prune({ policy: { keep: 1, keepBundles: 'all' } });
    const second = both.report.releases.find(({ release }) => release.version === 'v1');
    expect(second?.freesBytes).toBeGreaterThanOrEqual(model);
  });

  it('leaves alone what somebody put into the folders', async () => {
    await deployAll('v1', 'v2', 'v3');
    const strange = join(releasesDir(), 'deploy_by-hand_20200101_000000_000');
    await mkdir(strange);
    await mkdir(join(releasesDir(), '.deploy_by-hand_20200101_000000_000.partial'));
    await prune({ policy: { keep: 0, keepBundles: 0 } });
    expect(await releases()).toEqual(
      expect.arrayContaining([basename(strange), `.${basename(strange)}.partial`]),
    );
  });

  it('removes what an earlier removal could not, and what was left of a deployment', async () => {
    const [v1] = await deployAll('v1', 'v2');
    const partial = join(releasesDir(), `.${idOf(v1)}.partial`);
    await mkdir(partial);
    await writeFile(join(partial, 'left'), 'x'.repeat(5000));
    const { report } = await prune();
    expect(report.remains).toMatchObject([{ path: partial }]);
    expect(report.remains[0]?.freesBytes).toBeGreaterThanOrEqual(5000);
    expect(await releases()).toHaveLength(2);

    // A power cut may bring a name back; nothing offers it any more.
    await deployAll('v3', 'v4');
    await prune({ policy: { keep: 0, keepBundles: 'all' } });
    await mkdir(join(releasesDir(), idOf(v1)));
    expect((await prune()).report.remains).toMatchObject([{ path: join(releasesDir(), idOf(v1)) }]);
    expect(await releases()).toHaveLength(2);
  });

  it('settles first what a crash left, and says so', async () => {
    const [v1, v2] = await deployAll('v1', 'v2', 'v3');
    // As a crash between the first line and the rename leaves it.
    const { layout } = await bench.context();
    const [line] = (await bench.journal()).slice(-1);
    const removing = {
      ...line,
      seq: (line?.seq ?? 0) + 1,
      transaction: 'prune_20260101_000000_000',
      kind: 'prune',
      state: 'removing',
      to: idOf(v1),
    };
    await writeFile(layout.journalFile, `${JSON.stringify(removing)}\n`, { flag: 'a' });
    expect((await readStatus(layout)).unfinished).toMatchObject({ next: 'finish-removal' });
    expect((await readStatus(layout)).previous.map(({ id }) => id)).toEqual([idOf(v2)]);

    const settled = await resumeTarget({ allowNetworkFs: false, restart: true }, await bench.context());
    expect(settled).toMatchObject({ kind: 'prune', crashedIn: 'removing', state: 'removed' });
    expect(await releases()).not.toContain(idOf(v1));
    expect((await readStatus(layout)).unfinished).toBeNull();
  });

  it('never removes what is live, even where the link was set by hand to what was to go', async () => {
    const [v1] = await deployAll('v1', 'v2', 'v3');
    await rm(bench.target);
    await symlink(`.llm.milton/releases/${idOf(v1)}`, bench.target);
    expect(fateOf(await prune({ policy: { keep: 0, keepBundles: 'all' } }))).toEqual({
      v1: 'keep live',
      v2: 'remove older',
      v3: 'keep rollback',
    });
  });

  it('refuses a target that nothing was ever deployed to, and one that is not ours', async () => {
    await expect(prune()).rejects.toMatchObject({ code: 'TARGET_UNKNOWN' });
    await mkdir(bench.target);
    await expect(prune()).rejects.toMatchObject({ code: 'TARGET_NOT_OURS' });
  });
});

/** A process that says when it is ready. */
async function hold(script: string, ...args: readonly string[]): Promise<number> {
  const child = spawn('python3', ['-c', `${script}\nprint('ready', flush=True)\nsys.stdin.read()`, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  running.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

async function release(): Promise<void> {
  for (const child of running.splice(0)) {
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }
}

describe.skipIf(process.platform !== 'linux' || spawnSync('python3', ['-V']).status !== 0)(
  'a release in use',
  () => {
    const policy = { keep: 0, keepBundles: 'all' } as const;
    const MAP = `import mmap,os,sys
f=os.open(sys.argv[1],os.O_RDONLY)
m=mmap.mmap(f,0,prot=mmap.PROT_READ)
os.close(f)`;

    it('stays while a server has it mapped that opened it through the link, and goes after', async () => {
      const [v1] = await deployAll('v1');
      const pid = await hold(MAP, join(bench.target, 'model.gguf'));
      await deployAll('v2', 'v3');
      const outcome = await prune({ policy });
      expect(fateOf(outcome)).toEqual({ v1: 'keep in-use', v2: 'keep rollback', v3: 'keep live' });
      expect(outcome.report.releases.at(-1)?.usedBy).toMatch(new RegExp(`process ${pid}`));
      await release();
      expect(fateOf(await prune({ policy }))).toMatchObject({ v1: 'remove older' });
      expect(await releases()).not.toContain(idOf(v1));
    });

    it.each([
      ['a file of it is open', 'import sys\nf=open(sys.argv[1]+"/manifest.json")'],
      ['a process stands in it', 'import os,sys\nos.chdir(sys.argv[1]+"/model")'],
      ['the folder itself is open', 'import os,sys\nf=os.open(sys.argv[1],os.O_RDONLY)'],
    ])('stays while %s', async (_, script) => {
      const [v1] = await deployAll('v1', 'v2', 'v3');
      await hold(script, v1?.releasePath ?? '');
      expect(fateOf(await prune({ policy }))).toMatchObject({ v1: 'keep in-use' });
    });

    it('is the one that was opened, where two share the weights', async () => {
      const [v1] = await deployAll('v1', 'v2');
      const again = await bench.deploy(v1?.bundlePath ?? '', { retention: ALL });
      expect((await lstat(join(again.releasePath ?? '', 'model/v1.gguf'))).nlink).toBe(2);
      await hold(MAP, join(bench.target, 'model.gguf'));
      const { report } = await prune({ policy });
      const first = report.releases.find(({ release: { id } }) => id === idOf(v1));
      expect(first?.decision).toEqual({ action: 'remove', because: 'older' });
      expect(await releases()).toContain(idOf(again));
    });

    it('keeps all that share a file which was opened by a name outside', async () => {
      const [v1] = await deployAll('v1', 'v2', 'v3');
      const outside = join(bench.folder, 'mine.gguf');
      await link(join(v1?.releasePath ?? '', 'model/v1.gguf'), outside);
      await hold(MAP, outside);
      expect(fateOf(await prune({ policy }))).toMatchObject({ v1: 'keep in-use' });
    });

    it('keeps a bundle that somebody reads', async () => {
      const [v1] = await deployAll('v1', 'v2', 'v3');
      await hold('import sys\nf=open(sys.argv[1])', v1?.bundlePath ?? '');
      const { report } = await prune({ policy: { keep: 'all', keepBundles: 0 } });
      expect(report.bundles.at(-1)).toMatchObject({ decision: { because: 'in-use' } });
    });
  },
);

describe('bundles', () => {
  const policy = { keep: 'all', keepBundles: 0 } as const;
  const fates = ({ report }: PruneOutcome): string[] =>
    report.bundles.map(({ decision }) => `${decision.action} ${decision.because}`);

  it('stay where they belong to what is live or to what a rollback goes back to', async () => {
    const outcomes = await deployAll('v1', 'v2', 'v3');
    expect(fates(await prune({ policy }))).toEqual(['keep live', 'keep rollback', 'remove older']);
    expect(await shelfOf()).toEqual(
      outcomes
        .slice(1)
        .map(({ bundlePath }) => basename(bundlePath ?? ''))
        .toSorted(),
    );
  });

  it('stay where no deployment packed them, whatever they look like', async () => {
    const byHand = await bench.bundle('by-hand');
    const given = await bench.bundle('given');
    await bench.deploy(given.path, { retention: ALL });
    const [v1] = await deployAll('v1', 'v2', 'v3');
    const copy = join(bench.state.bundlesDir, 'copy.tar.gz');
    await copyFile(v1?.bundlePath ?? '', copy);
    await writeFile(join(bench.state.bundlesDir, 'notes.tar.gz'), 'mine');
    await writeFile(join(bench.state.bundlesDir, 'notes.txt'), 'mine');
    await prune({ policy });
    expect(await shelfOf()).toEqual(
      expect.arrayContaining([
        basename(byHand.path),
        basename(given.path),
        'copy.tar.gz',
        'notes.tar.gz',
        'notes.txt',
      ]),
    );
    expect(await shelfOf()).not.toContain(basename(v1?.bundlePath ?? ''));
  });

  it('stay where another file has taken the name, or a link', async () => {
    const [v1, v2] = await deployAll('v1', 'v2', 'v3', 'v4');
    const other = await bench.bundle('other');
    await copyFile(other.path, v1?.bundlePath ?? '');
    await rm(v2?.bundlePath ?? '');
    await symlink(basename(other.path), v2?.bundlePath ?? '');
    await prune({ policy });
    expect(await shelfOf()).toEqual(
      expect.arrayContaining([basename(v1?.bundlePath ?? ''), basename(v2?.bundlePath ?? '')]),
    );
  });

  it('stay where another target has them live', async () => {
    const [v1] = await deployAll('v1');
    const other = join(bench.folder, 'srv', 'other');
    const { resolveTarget } = await import('../../src/deploy/index.ts');
    await bench.deploy(
      v1?.bundlePath ?? '',
      { retention: ALL },
      { layout: await resolveTarget(other, bench.state) },
    );
    await deployAll('v2', 'v3');
    expect(fates(await prune({ policy }))).toEqual(['keep live', 'keep rollback', 'keep live']);
  });

  it('all stay while a target cannot be read, and that is said', async () => {
    const [v1] = await deployAll('v1');
    const other = join(bench.folder, 'srv', 'other');
    const { resolveTarget } = await import('../../src/deploy/index.ts');
    const layout = await resolveTarget(other, bench.state);
    await bench.deploy(v1?.bundlePath ?? '', { retention: ALL }, { layout });
    await deployAll('v2', 'v3');
    await writeFile(layout.journalFile, 'garbage\n');
    const outcome = await prune({ policy });
    expect(fates(outcome)).toEqual(['keep live', 'keep rollback', 'keep unsure']);
    expect(outcome.warnings).toMatchObject([{ code: 'RETENTION_TARGET_UNREAD' }]);
  });
});

describe('a deployment', () => {
  it('removes what is too old as its last step, and tells', async () => {
    const outcomes = await deployAll('v1', 'v2', 'v3', 'v4', 'v5');
    const last = await deployPacked('v6', {});
    expect(await releases()).toEqual([...outcomes.slice(2), last].map(idOf).toSorted());
    expect(await shelfOf()).toHaveLength(2);
    const gone = last.retention?.releases.filter(({ decision }) => decision.action === 'remove');
    expect(gone?.map(({ release }) => release.version)).toEqual(['v2', 'v1']);
    expect(last.warnings).toEqual([]);
    const states = (await bench.journal()).map(({ state }) => state);
    expect(states.slice(-5)).toEqual(['live', 'removing', 'removed', 'removing', 'removed']);
    const details = await readFile(join(bench.state.historyDir, `details_${idOf(last)}.json`), 'utf8');
    expect(JSON.parse(details)).toMatchObject({ retention: { keep: 3, keep_bundles: 2 } });
    expect(Object.keys(last.record)).toHaveLength(9);
  });

  it('looks at nothing where all is to be kept, and where the same is live already', async () => {
    const [v1] = await deployAll('v1', 'v2', 'v3', 'v4', 'v5', 'v6');
    expect(v1?.retention).toBeNull();
    expect(await releases()).toHaveLength(6);
    const again = await bench.deploy(join(bench.state.bundlesDir, (await shelfOf()).at(-1) ?? ''));
    expect(again).toMatchObject({ alreadyLive: true, retention: null });
    expect(await releases()).toHaveLength(6);
  });

  it('says in a dry run what it would remove, and removes nothing', async () => {
    await deployAll('v1', 'v2', 'v3', 'v4');
    const { path } = await bench.bundle('v5');
    const before = await releases();
    const dry = await bench.deploy(path, { dryRun: true, retention: { keep: 2, keepBundles: 1 } });
    const going = dry.retention?.releases.filter(({ decision }) => decision.action === 'remove');
    expect(going?.map(({ release }) => release.version)).toEqual(['v2', 'v1']);
    expect(dry.retention?.isDryRun).toBe(true);
    expect(await releases()).toEqual(before);
    const real = await bench.deploy(path, { retention: { keep: 2, keepBundles: 1 } });
    const gone = real.retention?.releases.filter(({ decision }) => decision.action === 'remove');
    expect(gone?.map(({ release }) => release.version)).toEqual(['v2', 'v1']);
  });

  it('stays live where the removal fails, with a warning', async () => {
    await deployAll('v1', 'v2');
    // The folder of bundles cannot be listed: a file is in its place.
    const elsewhere = join(bench.folder, 'shelf');
    const { path } = await bench.bundle('v3');
    await mkdir(elsewhere);
    await copyFile(path, join(elsewhere, 'v3.tar.gz'));
    await rm(bench.state.bundlesDir, { recursive: true });
    await writeFile(bench.state.bundlesDir, 'in the way');
    const outcome = await bench.deploy(join(elsewhere, 'v3.tar.gz'), {
      retention: { keep: 0, keepBundles: 0 },
    });
    expect(outcome.state).toBe('live');
    expect(outcome.warnings).toMatchObject([{ code: 'RETENTION_INCOMPLETE' }]);
    expect(await readlink(bench.target)).toContain(idOf(outcome));
  });

  it('does not deploy again what was found bad, though its release is gone', async () => {
    const bundle: CreatedBundle = await bench.bundle('v1');
    const first = await bench.deploy(bundle.path, { retention: ALL });
    await deployAll('v2', 'v3');
    const lines = await bench.journal();
    const { layout } = await bench.context();
    const line = { ...lines.at(-1), seq: lines.length + 1, facts: {}, verdicts: { [idOf(first)]: 'bad' } };
    await writeFile(layout.journalFile, `${JSON.stringify(line)}\n`, { flag: 'a' });
    expect(fateOf(await prune({ policy: { keep: 3, keepBundles: 'all' } }))).toMatchObject({
      v1: 'remove bad',
    });
    await expect(bench.deploy(bundle.path)).rejects.toMatchObject({ code: 'DEPLOY_MODEL_BAD' });
  });

  it('does not take a name again that a removed release had', async () => {
    const clock = fixedClock(new Date('2026-01-11T20:28:01.120Z'));
    const { path } = await bench.bundle('v1');
    const first = await bench.deploy(path, { retention: ALL }, { clock });
    await deployAll('v2', 'v3');
    await prune({ policy: { keep: 0, keepBundles: 'all' } });
    await rm(bench.state.historyDir, { recursive: true });
    const again = await bench.deploy(path, { retention: ALL }, { clock });
    expect(idOf(again)).not.toBe(idOf(first));
  });
});
