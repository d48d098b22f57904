/** Every target that cannot be used is refused before a byte is written there, with the reason and the next step. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, chown, link, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedBundle } from '../../src/bundle/index.ts';
import { loadTargets, onlyTarget, resolveTarget } from '../../src/deploy/index.ts';
import { stateDirectory } from '../../src/system/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';
import { startDeployProcess } from '../fakes/deploy-process.ts';

let bench: DeployBench;
let bundle: CreatedBundle;
const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;

beforeAll(async () => {
  bench = await openDeployBench();
  await chmod(bench.folder, 0o755);
  bundle = await bench.bundle('v1');
});

afterAll(() => bench.remove());

const srv = (): string => dirname(bench.target);

beforeEach(async () => {
  await rm(srv(), { recursive: true, force: true });
  await mkdir(srv());
});

async function deployTo(target: string): ReturnType<DeployBench['deploy']> {
  return bench.deploy(bundle.path, {}, { layout: await resolveTarget(target, bench.state) });
}

describe('a target that cannot be used', () => {
  it.each<[string, (target: string) => Promise<unknown>, string, RegExp]>([
    [
      'its parent is missing',
      (target) => rm(dirname(target), { recursive: true }),
      'TARGET_PARENT_MISSING',
      /: nothing$/,
    ],
    [
      'its parent is a file',
      async (target) => {
        await rm(dirname(target), { recursive: true });
        await writeFile(dirname(target), '');
      },
      'TARGET_PARENT_MISSING',
      /: a file$/,
    ],
    [
      'everybody may write in its parent',
      (target) => chmod(dirname(target), 0o777),
      'TARGET_UNSAFE',
      /writable for everybody/,
    ],
    [
      'everybody may write in our folder',
      async (target) => {
        await mkdir(join(dirname(target), '.llm.milton/releases'), { recursive: true });
        await chmod(join(dirname(target), '.llm.milton/releases'), 0o777);
      },
      'TARGET_UNSAFE',
      /releases is writable for everybody/,
    ],
    [
      'our folder is a link to another place',
      (target) => symlink('/var', join(dirname(target), '.llm.milton')),
      'TARGET_UNSAFE',
      /or is no folder/,
    ],
    ['a folder stands there', (target) => mkdir(target), 'TARGET_NOT_OURS', /: a folder$/],
    ['a file stands there', (target) => writeFile(target, 'mine'), 'TARGET_NOT_OURS', /: a file$/],
    [
      'a hard link stands there',
      async (target) => {
        await writeFile(`${target}.other`, 'mine');
        await link(`${target}.other`, target);
      },
      'TARGET_NOT_OURS',
      /: a file$/,
    ],
    [
      'a pipe stands there',
      async (target) => execFileSync('mkfifo', [target]),
      'TARGET_NOT_OURS',
      /: a special file$/,
    ],
    [
      'a foreign link stands there',
      (target) => symlink('/opt/models', target),
      'TARGET_NOT_OURS',
      /a link to \/opt\/models/,
    ],
    [
      'a link to an unfinished release stands there',
      (target) => symlink('.llm.milton/releases/.deploy_x.partial', target),
      'TARGET_NOT_OURS',
      /no release of ours/,
    ],
    [
      'a link whose text would fool a terminal stands there',
      (target) => symlink('\u001b[2Jx', target),
      'TARGET_NOT_OURS',
      /a link to \\x1b\[2Jx/,
    ],
  ])('because %s is refused and left as it is', async (_, prepare, code, received) => {
    await prepare(bench.target);
    const before = await readTree(srv());
    const error = await deployTo(bench.target).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, aftermath: 'unchanged', details: { target_path: bench.target } });
    const { details } = error as { details: { received: string; expected: string; target: string } };
    expect(`received: ${details.received}`).toMatch(received);
    expect(details.expected).not.toBe('');
    expect(details.target).toBe(bench.target);
    expect(await readTree(srv())).toEqual(before);
  });

  it('is the root of the file system', async () => {
    await expect(deployTo('/')).rejects.toMatchObject({ code: 'TARGET_NOT_OURS', aftermath: 'unchanged' });
    expect(await bench.records()).toContainEqual(
      expect.objectContaining({ status: 'failed', target_path: '/' }),
    );
  });

  it('is the state directory, what lies below it, or a release', async () => {
    const { path, deploymentsDir } = bench.state;
    const own = await bench.deploy(
      (await bench.bundle('v1')).path,
      {},
      { layout: await resolveTarget(null, bench.state) },
    );
    const inRelease = join(own.releasePath ?? '', 'model/llm');
    for (const target of [path, deploymentsDir, join(path, 'llm'), inRelease]) {
      const before = await readTree(deploymentsDir);
      await expect(deployTo(target)).rejects.toMatchObject({
        code: 'TARGET_NOT_OURS',
        aftermath: 'unchanged',
      });
      expect(await readTree(deploymentsDir)).toEqual(before);
    }
    const { releasePath } = await deployTo(bench.target);
    await expect(deployTo(join(releasePath ?? '', 'model/llm'))).rejects.toMatchObject({
      code: 'TARGET_NOT_OURS',
    });
  });

  it('is not what a sticky folder such as /tmp is', async () => {
    await chmod(srv(), 0o1777);
    expect(await deployTo(bench.target)).toMatchObject({ state: 'live' });
  });

  it('is refused on /proc, where nothing can be made', async () => {
    const error: unknown = await deployTo('/proc/llm').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ aftermath: 'unchanged' });
  });
});

describe('the parent of a target', () => {
  it('is resolved once, so that a link above it may move later', async () => {
    await symlink(srv(), join(bench.folder, 'alias'));
    try {
      const { record } = await deployTo(join(bench.folder, 'alias', 'llm'));
      expect(record.target_path).toBe(bench.target);
    } finally {
      await rm(join(bench.folder, 'alias'));
    }
  });
});

describe.skipIf(!isRoot)('another user', () => {
  const prefix = ['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'];
  let stateDir = '';

  beforeEach(async () => {
    stateDir = join(bench.folder, 'nobody');
    await rm(stateDir, { recursive: true, force: true });
    await mkdir(stateDir);
    await chown(stateDir, NOBODY, NOBODY);
    await chmod(bundle.path, 0o644);
  });

  const deployAsNobody = (bundlePath = bundle.path) =>
    startDeployProcess({ bundle: bundlePath, target: bench.target, stateDir, prefix }).end;

  it('is refused where it may not write, also above the releases of somebody else', async () => {
    expect(await deployAsNobody()).toMatchObject({ code: 'TARGET_NOT_WRITABLE', aftermath: 'unchanged' });
    await deployTo(bench.target);
    await chmod(join(srv(), '.llm.milton'), 0o700);
    expect(await deployAsNobody()).toMatchObject({ code: 'TARGET_NOT_WRITABLE', aftermath: 'unchanged' });
  });

  it('is refused where it may not even enter', async () => {
    await chmod(srv(), 0o700);
    expect(await deployAsNobody()).toMatchObject({ code: 'TARGET_NOT_WRITABLE' });
  });

  it('may deploy where the folder is its own', async () => {
    await chown(srv(), NOBODY, NOBODY);
    expect(await deployAsNobody()).toMatchObject({ state: 'live' });
    // Root trusts what the owner of the folder made: that user can change the target anyway.
    expect(await deployTo(bench.target)).toMatchObject({ alreadyLive: true });
  });

  it('cannot lie in wait for root in a folder that all may write in', async () => {
    await chmod(srv(), 0o1777);
    execFileSync(prefix[0] ?? '', [...prefix.slice(1), 'mkdir', join(srv(), '.llm.milton')]);
    await expect(deployTo(bench.target)).rejects.toMatchObject({
      code: 'TARGET_UNSAFE',
      details: { received: expect.stringContaining('belongs to somebody else') },
    });
  });

  it('can read a release that root deployed', async () => {
    await deployTo(bench.target);
    execFileSync(prefix[0] ?? '', [...prefix.slice(1), 'sha256sum', '--check', '--quiet', 'SHA256SUMS'], {
      cwd: bench.target,
    });
  });

  it('cannot deploy a bundle that it may not read', async () => {
    await chown(srv(), NOBODY, NOBODY);
    await chmod(bundle.path, 0o600);
    expect(await deployAsNobody()).toMatchObject({ code: 'SYSTEM_FILE_UNREADABLE', aftermath: 'unchanged' });
    expect(await readdir(srv())).toEqual([]);
    expect(await readdir(join(stateDir, 'deployment_history'))).toHaveLength(2);
  });
});

const canMount = isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0;
const canMountFat =
  canMount &&
  spawnSync('mkfs.vfat', ['--help']).error === undefined &&
  /vfat/.test(await readFile('/proc/filesystems', 'utf8'));
if (!canMount) process.emitWarning('SKIPPED: mounting needs root, so no mount point was tried as a target.');
if (!canMountFat)
  process.emitWarning('SKIPPED: no mkfs.vfat or no vfat here, so no file system without links was tried.');

describe.skipIf(!canMount)('a mount point', () => {
  it.each([
    ['a file system of its own', (target: string) => ['-t', 'tmpfs', 'tmpfs', target]],
    ['a folder bound from elsewhere', (target: string) => ['--bind', bench.folder, target]],
  ])('that is %s is refused', async (_, options) => {
    await mkdir(bench.target);
    execFileSync('mount', options(bench.target));
    try {
      await expect(deployTo(bench.target)).rejects.toMatchObject({
        code: 'TARGET_NOT_OURS',
        details: { received: 'a mount point' },
      });
    } finally {
      execFileSync('umount', [bench.target]);
    }
  });

  it('as the parent, read-only, is refused', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,mode=755', 'tmpfs', srv()]);
    try {
      await expect(deployTo(bench.target)).rejects.toMatchObject({ code: 'TARGET_NOT_WRITABLE' });
    } finally {
      execFileSync('umount', [srv()]);
    }
  });
});

describe.skipIf(!canMountFat)('a file system without symbolic links', () => {
  it('is refused by name', async () => {
    const image = join(bench.folder, 'fat.img');
    execFileSync('truncate', ['-s', '32M', image]);
    execFileSync('mkfs.vfat', [image]);
    execFileSync('mount', ['-o', 'loop', image, srv()]);
    try {
      await expect(deployTo(bench.target)).rejects.toMatchObject({
        code: 'TARGET_NO_LINKS',
        details: { received: 'vfat' },
      });
      expect(await readdir(srv())).toEqual([]);
    } finally {
      execFileSync('umount', [srv()]);
    }
  });
});

describe('the list of targets', () => {
  const fresh = (name: string) => stateDirectory(join(bench.folder, name));

  it('is empty at first, which is said', async () => {
    expect(await loadTargets(fresh('none'))).toEqual([]);
    await expect(onlyTarget(fresh('none'))).rejects.toMatchObject({ code: 'TARGET_UNKNOWN', exitCode: 1 });
    await expect(bench.rollBack()).rejects.toMatchObject({ code: 'TARGET_UNKNOWN' });
  });

  it('knows the only one, and asks where there are several', async () => {
    const state = fresh('several');
    const deploy = async (name: string) =>
      bench.deploy(bundle.path, {}, { state, layout: await resolveTarget(join(srv(), name), state) });
    await deploy('a');
    expect(await onlyTarget(state)).toBe(join(srv(), 'a'));
    await Promise.all([deploy('c'), deploy('b')]);
    expect(await loadTargets(state)).toEqual(['a', 'b', 'c'].map((name) => join(srv(), name)));
    await expect(onlyTarget(state)).rejects.toMatchObject({ code: 'TARGET_AMBIGUOUS', exitCode: 2 });
  });

  it('is not replaced where it cannot be read', async () => {
    const state = fresh('broken');
    await mkdir(state.path);
    await writeFile(state.targetsFile, '{"targets": [');
    await expect(bench.deploy(bundle.path, {}, { state })).rejects.toMatchObject({
      code: 'CORE_JSON_INVALID',
    });
    expect(await readFile(state.targetsFile, 'utf8')).toBe('{"targets": [');
  });
});

describe('a journal that is damaged', () => {
  it('stops every change: nobody knows what is good', async () => {
    await deployTo(bench.target);
    await writeFile(join(srv(), '.llm.milton/journal.jsonl'), 'garbage\n');
    const before = await readTree(srv());
    await expect(deployTo(bench.target)).rejects.toMatchObject({
      code: 'DEPLOY_JOURNAL_DAMAGED',
      exitCode: 5,
    });
    await expect(bench.rollBack()).rejects.toMatchObject({ code: 'DEPLOY_JOURNAL_DAMAGED' });
    expect(await readTree(srv())).toEqual(before);
  });
});

describe('a rollback', () => {
  it('refuses a release that is not there, and one whose files were changed', async () => {
    const first = await deployTo(bench.target);
    const { deployment_id } = first.record;
    await expect(bench.rollBack({ to: 'deploy_\u001b[2J' })).rejects.toMatchObject({
      code: 'DEPLOY_RELEASE_UNKNOWN',
      details: { expected: deployment_id, received: 'deploy_\\x1b[2J' },
    });
    await bench.deploy((await bench.bundle('v2')).path);
    await writeFile(join(first.releasePath ?? '', 'model/v1.gguf'), 'x');
    await expect(bench.rollBack()).rejects.toMatchObject({
      code: 'DEPLOY_RELEASE_DAMAGED',
      aftermath: 'unchanged',
      details: { received: 'model/v1.gguf (changed)' },
    });
    // From now on it is known, and nobody is sent there again; who insists is held against the bytes once more.
    await expect(bench.rollBack({ to: deployment_id, now: 'anyway' })).rejects.toMatchObject({
      code: 'DEPLOY_RELEASE_BAD',
    });
    await expect(bench.rollBack({ to: deployment_id, now: 'anyway', retryBad: true })).rejects.toMatchObject({
      code: 'DEPLOY_RELEASE_DAMAGED',
    });
  });

  it('refuses a release whose model.env was changed: a server is started by it', async () => {
    const first = await deployTo(bench.target);
    await bench.deploy((await bench.bundle('v2')).path);
    await writeFile(join(first.releasePath ?? '', 'model.env'), 'MILTON_MODEL="/etc/passwd"\n');
    await expect(bench.rollBack()).rejects.toMatchObject({
      code: 'DEPLOY_RELEASE_DAMAGED',
      details: { received: 'model.env (changed)' },
    });
  });

  it('refuses a release that is known to be bad, unless somebody insists', async () => {
    const first = await deployTo(bench.target);
    await bench.deploy((await bench.bundle('v3')).path);
    const { deployment_id } = first.record;
    // Nothing gives this verdict yet, so the journal is told by hand.
    const journal = await bench.journal();
    const line = { ...journal.at(-1), seq: journal.length + 1, verdicts: { [deployment_id]: 'bad' } };
    const { appendFile } = await import('node:fs/promises');
    await appendFile(join(srv(), '.llm.milton/journal.jsonl'), `${JSON.stringify(line)}\n`);
    await expect(bench.rollBack({ to: deployment_id })).rejects.toMatchObject({ code: 'DEPLOY_RELEASE_BAD' });
    await expect(bench.rollBack()).rejects.toMatchObject({ code: 'DEPLOY_NOTHING_TO_GO_BACK_TO' });
    await expect(deployTo(bench.target)).rejects.toMatchObject({ code: 'DEPLOY_MODEL_BAD' });
    expect(await bench.rollBack({ to: deployment_id, retryBad: true })).toMatchObject({ state: 'live' });
  });
});
