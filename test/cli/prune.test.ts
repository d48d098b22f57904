import { spawnSync } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTree } from '../fakes/deploy-bench.ts';
import { entryOf, useShop } from './shop.ts';

const shop = useShop();
const FREE = ['--skip-load-test', '--target-path'];

beforeAll(async () => {
  const versions = ['v1', 'v2', 'v3', 'v4'];
  const models = await Promise.all(versions.map((name, at) => shop.model(`${name}.gguf`, { seed: at })));
  await shop.saveRegistry(models.map((model, at) => entryOf(versions[at] ?? '', model)));
  for (const version of versions) {
    const all = ['--keep', 'all', '--keep-bundles', 'all'];
    const { exitCode, stdout } = await shop.milton('deploy', version, ...all, ...FREE, shop.target);
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('emove');
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

  it.skipIf(process.getuid?.() !== 0 || spawnSync('chattr', ['-V']).error !== undefined)(
    'fails with what could not be removed, and offers it as before',
    async (context) => {
      const folder = join(shop.folder, 'srv/.llm.milton/releases');
      const [oldest = ''] = (await releases()).toSorted();
      if (spawnSync('chattr', ['+i', join(folder, oldest)]).status !== 0) return context.skip();
      try {
        const { exitCode, stderr, stdout } = await shop.milton(
          'prune',
          '--keep',
          '2',
          '--keep-bundles',
          'all',
        );
        expect(exitCode).toBe(1);
        expect(stderr).toContain('DEPLOY_PRUNE_INCOMPLETE');
        expect(stderr).toContain(oldest);
        expect(stdout).toContain('FAILED');
        const { json } = await shop.document('status');
        expect(JSON.stringify(json)).toContain(oldest);
        const again = await shop.document('prune', '--keep', '2', '--keep-bundles', 'all');
        expect(again).toMatchObject({ exitCode: 1, json: { error: { code: 'DEPLOY_PRUNE_INCOMPLETE' } } });
      } finally {
        spawnSync('chattr', ['-i', join(folder, oldest)]);
      }
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
        { model_version: 'v1', action: 'remove', reason: 'older' },
      ],
      problems: [],
      warnings: [],
    });
    expect(json['freed_bytes']).toBeGreaterThan(300_000);
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
