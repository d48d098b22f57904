import { readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTree } from '../fakes/deploy-bench.ts';
import { useShop } from './shop.ts';

const shop = useShop();
const ids: Record<string, string> = {};

const at = (name: string): string => join(shop.folder, 'srv', name);
const live = async (name = 'llm'): Promise<string> => (await readlink(at(name))).replace(/^.*\//, '');

async function deploy(version: string, seed: number, name = 'llm'): Promise<void> {
  const bundle = await shop.bundle(version, await shop.model(`${version}.gguf`, { seed }));
  const args = ['deploy', '--bundle', bundle, '--target-path', at(name), '--skip-load-test'];
  const { exitCode, json } = await shop.document(...args);
  expect(exitCode).toBe(0);
  ids[version] = String(json['deployment_id']);
}

describe('milton rollback', () => {
  it('says that nothing was ever deployed', async () => {
    const { exitCode, json } = await shop.document('rollback');
    expect({ exitCode, json }).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'TARGET_UNKNOWN', hint: expect.stringContaining('milton deploy') } },
    });
  });

  describe('on the only target', () => {
    beforeAll(async () => {
      await deploy('v1', 1);
      await deploy('v2', 2);
    });

    it('needs no path, tests the release first, and reports like a deployment', async () => {
      const { exitCode, json } = await shop.document('rollback');
      expect(exitCode).toBe(0);
      expect(json).toMatchObject({
        ok: true,
        deployment_id: expect.stringMatching(/^rollback_v1_/),
        model_version: 'v1',
        target_path: shop.target,
        status: 'success',
        checksum_verified: true,
        load_test_passed: true,
        error_message: null,
        bundle_path: null,
        release_path: join(shop.folder, 'srv/.llm.milton/releases', ids['v1'] ?? ''),
        artifact_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        dry_run: false,
        evidence: { kind: 'none' },
        load_test: { kind: 'inference', passed: true, tokens: 16 },
        previous_release_id: ids['v2'],
      });
      expect(await live()).toBe(ids['v1']);
      expect((await shop.attempts()).at(-1)?.record).toMatchObject({ deployment_id: json['deployment_id'] });
    });

    it('refuses where there is nothing more to go back to, changes nothing and records it', async () => {
      const before = await readTree(at('.'));
      const { exitCode, stdout, stderr } = await shop.milton('rollback');
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toMatch(
        /^error DEPLOY_NOTHING_TO_GO_BACK_TO: .*\n(.*\n)* {2}fix {8}.*milton (rollback|deploy) --/,
      );
      expect(await readTree(at('.'))).toEqual(before);
      expect((await shop.attempts()).at(-1)).toMatchObject({
        record: { deployment_id: expect.stringMatching(/^rollback_/), status: 'failed' },
        details: { exit_code: 3, error: { code: 'DEPLOY_NOTHING_TO_GO_BACK_TO' } },
      });
    });

    it('goes to a release by name, skips the load test for a reason, and records the reason', async () => {
      const args = ['rollback', '--to', ids['v2'] ?? '', '--now', 'answers are garbage'];
      const { exitCode, stdout, stderr } = await shop.milton(...args);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^rolled back {2}to v2\n/);
      expect(stdout).toContain(ids['v1']);
      expect(stdout).toMatch(/load test +skipped/i);
      // It was made from no registry, so there is nothing to say of one.
      expect(stdout).not.toContain('The registry was not touched');
      expect(stderr).not.toBe('');
      const journal = await readFile(at('.llm.milton/journal.jsonl'), 'utf8');
      expect(JSON.parse(journal.trim().split('\n').at(-1) ?? '')).toMatchObject({
        kind: 'rollback',
        state: 'live',
        why: 'answers are garbage',
      });
    });

    it('changes nothing where that release is live already', async () => {
      const { exitCode, json } = await shop.document('rollback', '--to', ids['v2'] ?? '');
      expect({ exitCode, json }).toMatchObject({ exitCode: 0, json: { already_live: true } });
    });

    it.each([
      [['--now', ' '], 2, 'CLI_USAGE'],
      [['--load-test-tokens', 'many'], 2, 'CLI_USAGE'],
      [['--to', 'deploy_v9'], 1, 'DEPLOY_RELEASE_UNKNOWN'],
      [['--target-path', 'srv/other'], 1, 'TARGET_UNKNOWN'],
      [['--target-path', 'nowhere/llm'], 1, 'TARGET_PARENT_MISSING'],
    ])('refuses %j', async (args, exitCode, code) => {
      const finished = await shop.milton('rollback', ...args);
      expect(finished).toMatchObject({ exitCode, stdout: '' });
      expect(finished.stderr).toContain(`error ${code}`);
      expect(await live()).toBe(ids['v2']);
    });

    it('refuses a release whose bytes are not those that were deployed', async () => {
      const path = at(`.llm.milton/releases/${ids['v1'] ?? ''}/model/v1.gguf`);
      const bytes = await readFile(path);
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
      await writeFile(path, bytes);
      const { exitCode, json } = await shop.document('rollback', '--to', ids['v1'] ?? '');
      expect({ exitCode, json }).toMatchObject({
        exitCode: 3,
        json: { error: { code: 'DEPLOY_RELEASE_DAMAGED', aftermath: 'unchanged' } },
      });
      expect(await live()).toBe(ids['v2']);
    });
  });

  describe('with several targets', () => {
    it('exits 2 with the list, and takes the one that is named', async () => {
      await deploy('w1', 4, 'second');
      await deploy('w2', 5, 'second');
      const { exitCode, json } = await shop.document('rollback');
      expect({ exitCode, json }).toMatchObject({
        exitCode: 2,
        json: {
          error: {
            code: 'TARGET_AMBIGUOUS',
            hint: expect.stringContaining('--target-path'),
            details: { targets: [at('llm'), at('second')] },
          },
        },
      });
      const args = ['rollback', '--target-path', 'srv/second', '--now', 'a test', '--quiet'];
      const named = await shop.milton(...args);
      expect({ exitCode: named.exitCode, stderr: named.stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(await live('second')).toBe(ids['w1']);
      expect(await live()).toBe(ids['v2']);
    });
  });
});
