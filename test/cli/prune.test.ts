import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTree } from '../fakes/deploy-bench.ts';
import { runMilton } from './run-milton.ts';
import { entryOf, useShop } from './shop.ts';

const shop = useShop();
const NOBODY = 65534;
const FREE = ['--skip-load-test', '--target-path'];

beforeAll(async () => {
  const versions = ['v1', 'v2', 'v3', 'v4'];
  const models = await Promise.all(versions.map((name, at) => shop.model(`${name}.gguf`, { seed: at })));
  await shop.saveRegistry(models.map((model, at) => entryOf(versions[at] ?? '', model)));
  for (const version of versions) {
    const all = ['--keep', 'all', '--keep-bundles', 'all'];
    const { exitCode, stdout } = await shop.milton('deploy', version, ...all, ...FREE, shop.target);
    if (exitCode !== 0 || stdout.includes('emoved')) throw new Error(stdout);
  }
});

const releases = (): Promise<string[]> => readdir(join(shop.folder, 'srv/.llm.milton/releases'));
const bundles = (): Promise<string[]> => readdir(join(shop.state, 'bundles'));

describe('milton prune', () => {
  it.each([
    [['--keep', '-1'], '--keep'],
    [['--keep', '1.5'], '--keep'],
    [['--keep', ''], '--keep'],
    [['--keep-bundles', 'none'], '--keep-bundles'],
    [['--keep', '99999999999'], '--keep'],
  ])('refuses %j, and removes nothing', async (args, option) => {
    const { exitCode, stderr } = await shop.milton('prune', ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(option);
    expect(stderr).toContain('It should be a whole number, or all.');
    expect(await releases()).toHaveLength(4);
  });

  it('shows in a dry run what would go and why the rest stays, and touches nothing', async () => {
    const before = await readTree(shop.folder);
    const { exitCode, stdout, stderr } = await shop.milton('prune', '--dry-run', '--keep', '1');
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(await readTree(shop.folder)).toEqual(before);
    expect(stdout).toContain('dry run');
    expect(stdout).toMatch(/release deploy_v4_\S+ +good +kept +it is live/);
    expect(stdout).toMatch(/release deploy_v3_\S+ +good +kept +a rollback goes back to it/);
    expect(stdout).toMatch(/release deploy_v2_\S+ +good +would go +there are enough newer ones +[0-9.]+ kB/);
    expect(stdout).toMatch(/bundle milton_edge_bundle_v1_\S+ +would go/);
    expect(stdout).toMatch(/Would be removed: 2 releases, 2 bundles; that frees [0-9.]+ kB\./);
  });

  it('tells the same of a deployment that is only tried', async () => {
    const { stdout, json } = await shop.document(
      'deploy',
      'v1',
      '--dry-run',
      '--keep',
      '2',
      ...FREE,
      shop.target,
    );
    expect(stdout).toContain('"retention"');
    const retention = json['retention'] as {
      dry_run: boolean;
      releases: { action: string }[];
      bundles: { action: string }[];
    };
    expect(retention.dry_run).toBe(true);
    // Of the four, the two newest stay; of the bundles the one that would be packed, and the newest.
    expect(retention.releases.map(({ action }) => action)).toEqual(['keep', 'keep', 'remove', 'remove']);
    expect(retention.bundles.map(({ action }) => action)).toEqual(['keep', 'remove', 'remove', 'remove']);
    expect(await releases()).toHaveLength(4);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'fails with what could not be removed, and offers what is whole as before',
    async () => {
      const folder = join(shop.folder, 'srv/.llm.milton/releases');
      const [oldest = ''] = (await releases()).toSorted();
      const args = ['prune', '--state-dir', shop.state, '--keep', '2', '--keep-bundles', 'all'];
      const asNobody = () => runMilton(args, { uid: NOBODY, cwd: '/' });
      await chmod(shop.folder, 0o755);
      execFileSync('chown', ['-R', String(NOBODY), join(shop.folder, 'srv'), shop.state]);
      // Nobody may not rename in it.
      await chown(folder, 0, 0);
      const refused = await asNobody();
      expect(refused).toMatchObject({
        exitCode: 1,
        stdout: expect.stringMatching(/deploy_v1_\S+ +good +FAILED/) as string,
        stderr: expect.stringContaining('error DEPLOY_PRUNE_INCOMPLETE') as string,
      });
      expect(refused.stderr).toContain(oldest);
      expect((await shop.milton('status')).stdout).toContain(oldest);

      // Nobody may rename it, and not empty it.
      await chown(folder, NOBODY, NOBODY);
      await chown(join(folder, oldest, 'model'), 0, 0);
      expect(await asNobody()).toMatchObject({ exitCode: 1 });
      expect((await shop.milton('status')).stdout).not.toContain(oldest);
      expect(await releases()).toContain(`.${oldest}.partial`);
      execFileSync('chown', ['-R', '0', join(shop.folder, 'srv'), shop.state]);
      const { exitCode, stdout } = await shop.milton('prune', '--keep', '2', '--keep-bundles', 'all');
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/remains \.deploy_v1_\S+ +removed +an earlier removal did not end/);
      expect(await releases()).toHaveLength(3);
    },
  );

  it('removes, and gives one document', async () => {
    const { exitCode, json } = await shop.document('prune', '--keep', '1', '--keep-bundles', '1');
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({
      ok: true,
      target_path: shop.target,
      dry_run: false,
      keep: 1,
      keep_bundles: 1,
      releases: [
        { model_version: 'v4', action: 'keep', reason: 'live', frees_bytes: null },
        { model_version: 'v3', action: 'keep', reason: 'rollback' },
        { model_version: 'v2', action: 'remove', reason: 'older' },
        // The first went before, where the test above can run.
        ...(process.getuid?.() === 0 ? [] : [{ model_version: 'v1', action: 'remove', reason: 'older' }]),
      ],
      problems: [],
      warnings: [],
    });
    expect(json['freed_bytes']).toBeGreaterThan(200_000);
    expect((await releases()).toSorted()).toEqual([
      expect.stringMatching(/^deploy_v3_/),
      expect.stringMatching(/^deploy_v4_/),
    ]);
    expect(await bundles()).toHaveLength(2);
    const { stdout } = await shop.milton('status');
    expect(stdout).not.toContain('deploy_v1_');
  });

  it('says that there is nothing to remove', async () => {
    const { exitCode, stdout } = await shop.milton('prune', '--keep', 'all');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Nothing was removed.');
  });

  it('wants to know which, where there are several targets', async () => {
    const other = join(shop.folder, 'srv', 'other');
    const v1 = join(shop.folder, 'v1.gguf');
    const path = await shop.bundle('v1', { path: v1, sha256: '', sizeBytes: 0 });
    await shop.milton('deploy', '--bundle', path, ...FREE, other);
    const { exitCode, stderr } = await shop.milton('prune');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('TARGET_AMBIGUOUS');
    expect((await shop.milton('prune', '--target-path', other)).exitCode).toBe(0);
  });

  it('knows no target where nothing was deployed, and writes nothing there', async () => {
    const folder = join(shop.folder, 'elsewhere');
    await mkdir(folder);
    const { exitCode, stderr } = await shop.milton('prune', '--target-path', join(folder, 'llm'));
    expect(exitCode).toBe(1);
    expect(stderr).toContain('TARGET_UNKNOWN');
    expect(await readdir(folder)).toEqual([]);
  });

  it('tells what a deployment removed, and how it would have stayed', async () => {
    const { stdout } = await shop.milton(
      'deploy',
      'v1',
      '--keep',
      '0',
      '--keep-bundles',
      '0',
      ...FREE,
      shop.target,
    );
    expect(stdout).toMatch(/^ {2}removed +release deploy_v3_\S+ \([0-9.]+ kB\)$/m);
    expect(stdout).toMatch(
      /Removed: 1 release, 1 bundle; that freed [0-9.]+ kB\. --keep all --keep-bundles all/,
    );
    const [last] = (await shop.attempts()).toReversed();
    expect(Object.keys(last?.record ?? {})).toHaveLength(9);
    expect(last?.details).toMatchObject({ retention: { keep: 0 } });
  });
});
