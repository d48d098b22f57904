import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { useShop } from './shop.ts';

const shop = useShop();

describe('milton deployments', () => {
  it('says how to begin', async () => {
    const { exitCode, stdout } = await shop.milton('deployments');
    expect(exitCode).toBe(0);
    expect(stdout).toBe('No deployment yet.\nDeploy first: milton deploy --target-path /srv/llm\n');
    expect((await shop.document('deployments')).json).toEqual({
      ok: true,
      total: 0,
      deployments: [],
      warnings: [],
    });
  });

  describe('after a deployment, a refusal, a dry run, another deployment and a rollback', () => {
    const models = (json: Readonly<Record<string, unknown>>): unknown[] =>
      (json['deployments'] as { deployment_id: string }[]).map(({ deployment_id: id }) =>
        id.replace(/_\d{8}_\d{6}_\d{3}$/, ''),
      );

    beforeAll(async () => {
      const v1 = await shop.bundle('v1', await shop.model('v1.gguf', { seed: 1 }));
      const v2 = await shop.bundle('v2', await shop.model('v2.gguf', { seed: 2 }));
      const to = ['--target-path', shop.target];
      const skip = '--skip-load-test';
      await shop.milton('deploy', '--bundle', v1, ...to, skip);
      await shop.milton('deploy', '--bundle', 'missing.tar.gz', ...to, skip);
      await shop.milton('deploy', '--bundle', v2, ...to, '--dry-run');
      await shop.milton('deploy', '--bundle', v2, ...to, skip);
      await shop.milton('deploy', '--bundle', v2, '--target-path', `${shop.target}-2`, skip);
      await shop.milton('rollback', ...to, '--now', 'a test');
    });

    it('lists all of them, newest first, with what the nine fields cannot say', async () => {
      const { json } = await shop.document('deployments');
      expect(models(json)).toEqual([
        'rollback_v1',
        'deploy_v2',
        'deploy_v2',
        'dryrun_v2',
        'deploy_unknown',
        'deploy_v1',
      ]);
      expect(json).toMatchObject({ ok: true, total: 6, warnings: [] });
      const list = json['deployments'] as Record<string, unknown>[];
      expect(list[0]).toEqual({
        deployment_id: expect.any(String),
        timestamp: expect.any(String),
        bundle_id: expect.stringMatching(/^bundle_v1_/),
        model_version: 'v1',
        target_path: shop.target,
        status: 'success',
        checksum_verified: true,
        load_test_passed: false,
        error_message: null,
        state: 'live',
        dry_run: false,
        artifact_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        error_code: null,
      });
      expect(list[3]).toMatchObject({ status: 'success', dry_run: true, state: 'dry-run' });
      expect(list[4]).toMatchObject({
        status: 'failed',
        state: 'refused',
        error_code: 'SYSTEM_FILE_MISSING',
        error_message: expect.stringContaining('missing.tar.gz'),
      });
    });

    it('shows them as a table in which a dry run is no success', async () => {
      const { stdout } = await shop.milton('deployments');
      const lines = stdout.trimEnd().split('\n');
      expect(lines[0]).toMatch(/^when \(UTC\) +what +model +status +target +why not$/);
      expect(lines[1]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +rollback +v1 +success +\S+\/srv\/llm +-$/);
      expect(lines[4]).toMatch(/ dryrun +v2 +would pass /);
      expect(lines[5]).toMatch(/ deploy +- +failed .* SYSTEM_FILE_MISSING$/);
    });

    it('lists as many as are asked for, and of one target', async () => {
      expect(models((await shop.document('deployments', '--limit', '2')).json)).toHaveLength(2);
      expect((await shop.milton('deployments', '--limit', '2')).stdout).toContain(
        '4 older ones: milton deployments --limit 0',
      );
      expect(models((await shop.document('deployments', '--limit', '0')).json)).toHaveLength(6);
      const other = await shop.document('deployments', '--target-path', 'srv/llm-2');
      expect(models(other.json)).toEqual(['deploy_v2']);
      expect((await shop.milton('deployments', '--limit', '-1')).exitCode).toBe(2);
    });

    it('reads what the Python tool recorded, and names what is no record', async () => {
      const record = {
        deployment_id: 'deploy_old_20250101_000000',
        timestamp: '2025-01-01T00:00:00+00:00',
        bundle_id: 'b',
        model_version: 'old',
        target_path: '/srv/llm',
        status: 'rolled_back',
        checksum_verified: true,
        load_test_passed: true,
        error_message: null,
      };
      const folder = join(shop.state, 'deployment_history');
      await writeFile(join(folder, 'deploy_old_20250101_000000.json'), JSON.stringify(record));
      await writeFile(join(folder, 'deploy_junk_20250101_000000.json'), '{"status": NaN');
      const { json, stderr } = await shop.document('deployments');
      expect((json['deployments'] as unknown[]).at(-1)).toEqual({
        ...record,
        state: null,
        dry_run: false,
        artifact_sha256: null,
        error_code: null,
      });
      expect(stderr).toContain('warning DEPLOY_RECORD_UNREADABLE: deploy_junk_20250101_000000.json');
      expect((await shop.milton('deployments')).stdout).toMatch(/old +rolled back +\/srv\/llm/);
    });

    it('shows no record that would move the cursor', async () => {
      const record = {
        deployment_id: 'deploy_\u001b[2J_20240101_000000',
        timestamp: '\u001b]0;x\u0007',
        bundle_id: 'b',
        model_version: '\u009b2J',
        target_path: '/srv/\u202ellm',
        status: 'success',
        checksum_verified: true,
        load_test_passed: true,
        error_message: null,
      };
      const path = join(shop.state, 'deployment_history', 'deploy_evil_20240101_000000.json');
      await writeFile(path, JSON.stringify(record));
      for (const args of [['deployments'], ['deployments', '--json']]) {
        const { stdout } = await shop.milton(...args);
        expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }
    });
  });
});
