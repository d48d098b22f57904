/** Whatever stands at a target becomes the previous release in one step, or stays what it was; nothing of its owner's is lost. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedBundle } from '../../src/bundle/index.ts';
import {
  NO_SERVICE,
  readStatus,
  resolveTarget,
  type DeployContext,
  type DeploymentOutcome,
} from '../../src/deploy/index.ts';
import { loadFileCalls, stateDirectory } from '../../src/system/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';

let bench: DeployBench;
let v1: CreatedBundle;
let v2: CreatedBundle;
const isRoot = process.getuid?.() === 0;

beforeAll(async () => {
  bench = await openDeployBench();
  await chmod(bench.folder, 0o755);
  v1 = await bench.bundle('v1');
  v2 = await bench.bundle('v2');
});

afterAll(() => bench.remove());

const srv = (): string => dirname(bench.target);
const releases = (): string => join(srv(), '.llm.milton/releases');
const inode = async (path: string): Promise<number> => (await lstat(path)).ino;
const adopt = (options = {}, rest: Partial<DeployContext> = {}): Promise<DeploymentOutcome> =>
  bench.deploy(v1.path, { adopt: true, ...options }, rest);
const adoptedId = (outcome: DeploymentOutcome): string => outcome.adopted?.release_id ?? '';

/** A folder as an owner may have it: a model, a subfolder, a link. */
async function makeFolder(): Promise<number> {
  await mkdir(join(bench.target, 'sub'), { recursive: true });
  await writeFile(join(bench.target, 'old.gguf'), await readFile(join(bench.folder, 'v2.gguf')));
  await writeFile(join(bench.target, 'sub/notes'), 'mine');
  await symlink('old.gguf', join(bench.target, 'current'));
  return inode(bench.target);
}

beforeEach(async () => {
  await rm(srv(), { recursive: true, force: true });
  await mkdir(srv());
});

/** Nothing is left beside the target but our folder, and in that nothing half done. */
async function expectTidy(): Promise<void> {
  expect((await readdir(srv())).toSorted()).toEqual(['.llm.milton', 'llm']);
  expect((await readdir(releases())).filter((name) => name.startsWith('.'))).toEqual([]);
}

/** As this machine does it, and as one does that cannot exchange names. */
const ENOSYS = (): never => {
  throw Object.assign(new Error('no such call'), { code: 'ENOSYS' });
};
const WAYS: readonly [string, Partial<DeployContext>, string][] = [
  ['by an exchange', {}, 'exchange'],
  ['in two steps, without the call', { exchange: null }, 'two-steps'],
  ['in two steps, where the kernel does not know it', { exchange: ENOSYS }, 'two-steps'],
];

describe.each(WAYS)('a folder that is adopted %s', (_, rest, method) => {
  it('is the previous release as it is, the very folder, and the new one is live', async () => {
    const before = await makeFolder();
    const tree = await readTree(bench.target);
    const outcome = await adopt({}, rest);
    const id = adoptedId(outcome);
    expect(outcome).toMatchObject({
      state: 'live',
      previousReleaseId: id,
      adopted: { kind: 'folder', method, path: join(releases(), id) },
    });
    expect(id).toMatch(/^adopt_\d{8}_\d{6}_\d{3}$/);
    expect(await readlink(bench.target)).toBe(`.llm.milton/releases/${outcome.record.deployment_id}`);
    expect(await inode(join(releases(), id))).toBe(before);
    expect(await readTree(join(releases(), id))).toEqual(tree);
    const states = (await bench.journal()).map(({ state }) => state);
    expect(states.includes('setting-aside')).toBe(method === 'two-steps');
    await expectTidy();
    const { previous, rollbackTo } = await readStatus((await bench.context()).layout);
    expect(previous).toMatchObject([{ id, verdict: 'unknown', version: 'adopted', artifactSha256: '' }]);
    expect(rollbackTo).toBeNull();
  });

  it('stands there again, the very folder, where the new release does not come up well', async () => {
    const before = await makeFolder();
    const tree = await readTree(srv());
    const log = join(bench.folder, 'restarts');
    await rm(log, { force: true });
    const service = {
      ...NO_SERVICE,
      restartCommand: `echo "$MILTON_VERSION $MILTON_RELEASE" >> ${log}`,
      probes: [{ kind: 'command' as const, command: `test -f ${bench.target}/old.gguf` }],
      attempts: 2,
      intervalMs: 10,
    };
    await expect(adopt({ service }, rest)).rejects.toMatchObject({
      code: 'DEPLOY_ROLLED_BACK',
      aftermath: 'rolled-back',
    });
    expect(await inode(bench.target)).toBe(before);
    const after = await readTree(srv());
    for (const [path, what] of tree) expect([path, after.get(path)]).toEqual([path, what]);
    expect(await readdir(releases())).toEqual([]);
    await expectTidy();
    const restarts = (await readFile(log, 'utf8')).trim().split('\n');
    expect(restarts[0]).toMatch(/^v1 .*\/releases\/deploy_v1_/);
    expect(restarts[1]).toBe(`adopted ${bench.target}`);
  });

  it.each(['planned', 'staging', 'verified', 'load-tested', 'activating', 'probing'])(
    'stands there again where somebody presses Ctrl-C at %s',
    async (state) => {
      const before = await makeFolder();
      const controller = new AbortController();
      const onProgress = ({ step }: { readonly step: string }): void => {
        if (step === state) controller.abort();
      };
      await expect(adopt({}, { ...rest, signal: controller.signal, onProgress })).rejects.toMatchObject({
        exitCode: state === 'activating' || state === 'probing' ? 4 : 130,
      });
      expect(await inode(bench.target)).toBe(before);
      expect(await readdir(releases())).toEqual([]);
      await expectTidy();
    },
  );
});

describe('a foreign link that is adopted', () => {
  it.each([
    ['absolute', () => join(bench.folder, 'elsewhere')],
    ['relative', () => '../elsewhere'],
    ['relative by a way that is a link', () => 'way/../elsewhere'],
  ])(
    'and is %s leads to the same place from where it is kept, and its end is not touched',
    async (_, textOf) => {
      const elsewhere = join(bench.folder, 'elsewhere');
      const place = textOf().startsWith('way') ? join(bench.folder, 'deep/elsewhere') : elsewhere;
      await rm(join(bench.folder, 'deep'), { recursive: true, force: true });
      await rm(elsewhere, { recursive: true, force: true });
      await mkdir(place, { recursive: true });
      await mkdir(join(bench.folder, 'deep/inner'), { recursive: true });
      await symlink('../deep/inner', join(srv(), 'way'));
      await writeFile(join(place, 'old.gguf'), await readFile(join(bench.folder, 'v2.gguf')));
      await symlink(textOf(), bench.target);
      const tree = await readTree(place);
      const outcome = await adopt();
      expect(outcome.adopted).toMatchObject({ kind: 'link', method: 'relinked' });
      const kept = join(releases(), adoptedId(outcome));
      expect((await stat(kept)).ino).toBe((await stat(place)).ino);
      expect(await readTree(place)).toEqual(tree);

      const back = await bench.rollBack({ to: adoptedId(outcome) });
      expect(back).toMatchObject({ state: 'live', loadTest: { kind: 'inference' }, artifactSha256: null });
      expect((await stat(bench.target)).ino).toBe((await stat(place)).ino);
    },
  );

  it('stands there again with the very text where the new release does not come up well', async () => {
    await symlink('../elsewhere', bench.target);
    const service = {
      ...NO_SERVICE,
      restartCommand: `case "$MILTON_VERSION" in adopted) ;; *) exit 1;; esac`,
    };
    await expect(adopt({ service })).rejects.toMatchObject({ code: 'DEPLOY_ROLLED_BACK' });
    expect(await readlink(bench.target)).toBe('../elsewhere');
    expect(await readdir(releases())).toEqual([]);
    await expectTidy();
  });
});

describe('what cannot be adopted', () => {
  const refused = async (
    code: string,
    received: RegExp,
    rest: Partial<DeployContext> = {},
  ): Promise<void> => {
    const before = await readTree(srv());
    const error = await adopt({}, rest).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code,
      exitCode: code === 'TARGET_NOT_WRITABLE' ? 1 : 3,
      aftermath: 'unchanged',
    });
    expect((error as { details: { received: string } }).details.received).toMatch(received);
    expect(await readTree(srv())).toEqual(before);
  };

  it('is a file, a pipe', async () => {
    await writeFile(bench.target, 'mine');
    await refused('TARGET_NOT_ADOPTABLE', /a file/);
    await rm(bench.target);
    execFileSync('mkfifo', [bench.target]);
    await refused('TARGET_NOT_ADOPTABLE', /a special file/);
  });

  it('is a link among our own releases', async () => {
    const first = await bench.deploy(v2.path);
    await rm(bench.target);
    await symlink(first.releasePath ?? '', bench.target);
    await refused('TARGET_HOLDS_STATE', /it leads into .*\.llm\.milton/);
  });

  it('is a link whose text is not UTF-8, which could not be made again', async () => {
    await symlink(Buffer.from([0x2f, 0xff, 0xfe]), Buffer.from(bench.target));
    await refused('TARGET_NOT_ADOPTABLE', /not UTF-8/);
  });

  it('is a folder that holds the state directory, by whichever name', async () => {
    await mkdir(join(bench.target, 'state'), { recursive: true });
    await mkdir(join(bench.folder, 'far/state'), { recursive: true });
    await symlink(join(bench.folder, 'far'), join(bench.target, 'away'));
    for (const name of ['state', 'state/deeper', 'away/state']) {
      const state = stateDirectory(join(bench.target, name));
      await refused('TARGET_HOLDS_STATE', /it holds .*llm\//, {
        layout: await resolveTarget(bench.target, state),
      });
    }
  });

  it('is refused by its name without --adopt, which the hint names where it would help', async () => {
    await mkdir(bench.target);
    await expect(bench.deploy(v1.path)).rejects.toMatchObject({
      code: 'TARGET_NOT_OURS',
      hint: expect.stringContaining('--adopt'),
    });
    await rm(bench.target, { recursive: true });
    await writeFile(bench.target, 'mine');
    await expect(bench.deploy(v1.path)).rejects.toMatchObject({
      code: 'TARGET_NOT_OURS',
      hint: expect.not.stringContaining('--adopt'),
    });
  });

  const canMount = isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0;
  it.skipIf(!canMount).each([
    ['a mount point', '', /a mount point/],
    ['a folder with something mounted in it', 'sub', /sub is mounted in it/],
  ])('is %s', async (_, below, received) => {
    await mkdir(join(bench.target, below), { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(bench.target, below)]);
    try {
      await refused('TARGET_MOUNTED', received);
    } finally {
      execFileSync('umount', [join(bench.target, below)]);
    }
  });

  it.skipIf(!canMount)('is a folder on another file system than the releases', async () => {
    await mkdir(releases(), { recursive: true });
    await makeFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', releases()]);
    try {
      await refused('TARGET_MOUNTED', /another file system/);
    } finally {
      execFileSync('umount', [releases()]);
    }
  });

  it('is another thing than was planned: it is left where it stands', async () => {
    await makeFolder();
    const engine = (await import('../fakes/engine.ts')).soundEngine({
      onLoad: async () => {
        await rm(bench.target, { recursive: true });
        await mkdir(bench.target);
        await writeFile(join(bench.target, 'theirs'), '');
      },
    });
    await expect(adopt({}, { engine })).rejects.toMatchObject({
      code: 'TARGET_MOVED',
      aftermath: 'unchanged',
    });
    expect(await readdir(bench.target)).toEqual(['theirs']);
    await expectTidy();
  });

  it('changes in the very last moment: it goes back at once, and a person has to look', async () => {
    await makeFolder();
    const calls = await loadFileCalls();
    let isFirst = true;
    const exchange = (a: string, b: string): void => {
      if (b === bench.target && isFirst) {
        isFirst = false;
        execFileSync('sh', [
          '-c',
          `mv "$1" "$1.away" && mkdir "$1" && touch "$1/theirs"`,
          'sh',
          bench.target,
        ]);
      }
      calls?.exchange(a, b);
    };
    await expect(adopt({}, { exchange })).rejects.toMatchObject({ code: 'DEPLOY_STUCK', exitCode: 5 });
    expect(await readdir(bench.target)).toEqual(['theirs']);
    expect(await readdir(`${bench.target}.away`)).toContain('old.gguf');
  });
});

describe('an adoption', () => {
  it('takes no room and disturbs nobody who has files of the folder open', async () => {
    await makeFolder();
    const handle = await open(join(bench.target, 'sub/notes'), 'r+');
    try {
      const outcome = await adopt();
      await handle.writeFile('still mine');
      expect(await readFile(join(outcome.adopted?.path ?? '', 'sub/notes'), 'utf8')).toBe('still mine');
    } finally {
      await handle.close();
    }
  });

  it('has nothing to do where nothing stands there, which it says, or where a link of ours does', async () => {
    expect(await adopt()).toMatchObject({ adopted: null, warnings: [{ code: 'DEPLOY_NOTHING_TO_ADOPT' }] });
    const second = await bench.deploy(v2.path, { adopt: true });
    expect(second).toMatchObject({ state: 'live', adopted: null, warnings: [] });
  });

  it('changes nothing in a dry run', async () => {
    await makeFolder();
    const before = await readTree(srv());
    expect(await adopt({ dryRun: true })).toMatchObject({ state: 'dry-run' });
    expect(await readTree(srv())).toEqual(before);
  });

  it('can be repeated after what it adopted was put back by hand', async () => {
    await makeFolder();
    const first = await adopt();
    await rm(bench.target);
    execFileSync('mv', [first.adopted?.path ?? '', bench.target]);
    const second = await bench.deploy(v2.path, { adopt: true });
    expect(second.adopted?.release_id).not.toBe(adoptedId(first));
    expect(await readdir(second.adopted?.path ?? '')).toContain('old.gguf');
  });
});

describe('going back to what was adopted', () => {
  it('happens by name only, loads its only GGUF, and leaves a link to it', async () => {
    const before = await makeFolder();
    const id = adoptedId(await adopt());
    await expect(bench.rollBack()).rejects.toMatchObject({
      code: 'DEPLOY_NOTHING_TO_GO_BACK_TO',
      hint: expect.stringContaining(`--to ${id}`),
    });
    const back = await bench.rollBack({ to: id });
    expect(back).toMatchObject({
      state: 'live',
      artifactSha256: null,
      record: { model_version: 'adopted', bundle_id: id, checksum_verified: false, load_test_passed: true },
      loadTest: { kind: 'inference' },
    });
    expect(await readlink(bench.target)).toBe(`.llm.milton/releases/${id}`);
    expect((await stat(bench.target)).ino).toBe(before);
    const { live, previous } = await readStatus((await bench.context()).layout);
    expect(live).toMatchObject({ id, known: { verdict: 'unknown', adopted: { thing: { kind: 'folder' } } } });
    expect(previous).toMatchObject([{ unknownBecause: 'rolled back from' }]);

    // From there on it goes as always: forward, and back to it where that fails.
    const service = {
      ...NO_SERVICE,
      restartCommand: 'case "$MILTON_VERSION" in adopted) ;; *) exit 1;; esac',
    };
    await expect(bench.deploy(v2.path, { service })).rejects.toMatchObject({ code: 'DEPLOY_ROLLED_BACK' });
    expect(await readlink(bench.target)).toBe(`.llm.milton/releases/${id}`);
    expect(
      await bench.deploy(v2.path, {
        gates: { ...(await import('../../src/deploy/index.ts')).NO_GATES, minOfLive: 0.9 },
      }),
    ).toMatchObject({
      state: 'live',
      previousReleaseId: id,
      warnings: expect.arrayContaining([expect.objectContaining({ code: 'DEPLOY_NOTHING_TO_COMPARE' })]),
    });
  });

  it('is refused where files were changed since, unless a reason is given', async () => {
    await makeFolder();
    const id = adoptedId(await adopt());
    await appendFile(join(releases(), id, 'sub/notes'), ', and more');
    await writeFile(join(releases(), id, 'log'), '');
    await expect(bench.rollBack({ to: id })).rejects.toMatchObject({
      code: 'DEPLOY_RELEASE_DAMAGED',
      details: { received: 'log, sub/notes' },
      hint: expect.stringContaining(`--to ${id} --now`),
    });
    expect(await bench.rollBack({ to: id, now: 'it was only a log' })).toMatchObject({
      state: 'live',
      warnings: expect.arrayContaining([
        { code: 'DEPLOY_ADOPTED_CHANGED', message: expect.stringContaining('log, sub/notes') },
      ]),
    });
  });

  it('is refused where it is gone or another folder, whatever the reason', async () => {
    await makeFolder();
    const id = adoptedId(await adopt());
    const kept = join(releases(), id);
    execFileSync('mv', [kept, `${kept}.away`]);
    const gone = { code: 'DEPLOY_RELEASE_DAMAGED', aftermath: 'unchanged' };
    await expect(bench.rollBack({ to: id, now: 'please' })).rejects.toMatchObject(gone);
    execFileSync('cp', ['-a', `${kept}.away`, kept]);
    await expect(bench.rollBack({ to: id, now: 'please' })).rejects.toMatchObject(gone);
  });

  it('is refused where there is nothing to load, unless a reason is given', async () => {
    await mkdir(bench.target);
    await writeFile(join(bench.target, 'weights.bin'), 'x');
    const id = adoptedId(await adopt());
    await expect(bench.rollBack({ to: id })).rejects.toMatchObject({
      code: 'DEPLOY_NOTHING_TO_TEST',
      exitCode: 3,
    });
    expect(await bench.rollBack({ to: id, now: 'it ran for years' })).toMatchObject({
      state: 'live',
      loadTest: { kind: 'skipped' },
      warnings: [{ code: 'LOAD_TEST_SKIPPED' }],
    });
  });

  it('does not believe what its files say of themselves', async () => {
    await makeFolder();
    await writeFile(join(bench.target, 'manifest.json'), '{"artifact_type":"hf-distilled"}');
    const id = adoptedId(await adopt());
    expect(await bench.rollBack({ to: id })).toMatchObject({
      loadTest: { kind: 'inference' },
      evidence: null,
    });
  });
});
