import { chmod, lstat, mkdir, readdir, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { flipByte } from '../fakes/release-damage.ts';
import { deployHere, useShop, type Model } from './shop.ts';

const shop = useShop();
let model: Model;
let bundle = '';
let first = '';

const at = (...path: string[]): string => join(shop.folder, 'srv', ...path);
const inRelease = (id: string, name: string): string => at('.llm.milton/releases', id, name);
const repair = (...args: string[]) => shop.milton('repair', '--skip-load-test', ...args);
const repairJson = (...args: string[]) => shop.document('repair', '--skip-load-test', ...args);
const live = async (): Promise<string> => (await readlink(shop.target)).split('/').at(-1) ?? '';

beforeAll(async () => {
  model = await shop.model('v1.gguf', { seed: 1 });
  bundle = await shop.bundle('v1', model);
});

beforeEach(async () => {
  await rm(at(), { recursive: true, force: true });
  await mkdir(at());
  first = await deployHere(bundle, shop);
});

describe('milton repair', () => {
  it('says that there is nothing to repair', async () => {
    expect(await repair()).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^nothing to repair /),
    });
    expect((await repairJson()).json).toMatchObject({
      ok: true,
      sound: true,
      repaired: false,
      deployment: null,
    });
    expect(await live()).toBe(first);
  });

  it('tells what it will do, and with --dry-run does nothing', async () => {
    await flipByte(inRelease(first, 'model/v1.gguf'));
    const { exitCode, stdout } = await repair('--dry-run', '--from-bundle', bundle);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`What is live is damaged: v1, ${first}\n    model/v1.gguf: changed\n`);
    expect(stdout).toContain(`good bytes  ${bundle}\n`);
    expect(stdout).toContain('This was a dry run: nothing was changed.\n');
    const { json } = await repairJson('--dry-run', '--from-bundle', bundle);
    expect(json).toMatchObject({
      dry_run: true,
      repaired: false,
      damaged_release_id: first,
      source: { kind: 'bundle', path: bundle },
      deployment: null,
    });
    expect(await live()).toBe(first);
    expect(await readdir(at('.llm.milton/releases'))).toEqual([first]);
  });

  it('puts a new release live, says so before and after, and the old one is bad', async () => {
    await flipByte(inRelease(first, 'model/v1.gguf'));
    const { exitCode, stdout, stderr } = await repair();
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`What is live is damaged: v1, ${first}\n`);
    expect(stderr.indexOf('good bytes')).toBeLessThan(stderr.indexOf('Swapping the link'));
    expect(stdout).toMatch(/^repaired {2}v1 is live, whole\n/);
    expect(await live()).not.toBe(first);
    const status = await shop.milton('status', '--deep', '--all');
    expect(status.exitCode).toBe(0);
    expect(status.stdout).toMatch(new RegExp(`before +v1 {2}bad {2}went live \\S.* {2}${first}`));
    expect(status.stdout).toContain('damaged on disk: model/v1.gguf (changed)');
    expect(status.stdout).toContain('rollback   nothing to go back to');
    expect(status.stdout).toContain(`${first}: known as damaged, not hashed again`);
  });

  it('prints one document with --json, and nothing with --quiet but the result', async () => {
    await chmod(inRelease(first, 'model/v1.gguf'), 0o666);
    const { json } = await repairJson();
    expect(json).toMatchObject({
      ok: true,
      repaired: true,
      damaged_release_id: first,
      source: { kind: 'itself', release_id: first },
      marked_bad: [],
      deployment: { status: 'success', deployment_id: await live() },
    });
    await rm(inRelease(await live(), 'model.gguf'));
    expect(await repair('--quiet')).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await lstat(inRelease(await live(), 'model.gguf'))).isSymbolicLink()).toBe(true);
  });

  it('refuses without a source, naming the bundle that is needed', async () => {
    await flipByte(inRelease(first, 'model/v1.gguf'));
    await rename(bundle, `${bundle}.away`);
    try {
      const { exitCode, stderr } = await repair();
      expect(exitCode).toBe(3);
      expect(stderr).toContain('error DEPLOY_NO_SOURCE');
      expect(stderr).toMatch(
        new RegExp(`expected +the bundle bundle_v1_\\S+, which holds v1, sha256:${model.sha256}`),
      );
      expect(stderr).toContain('milton repair --from-bundle FILE');
      expect(await live()).toBe(first);
      expect(await repair('--from-bundle', `${bundle}.away`)).toMatchObject({ exitCode: 0 });
    } finally {
      await rename(`${bundle}.away`, bundle);
    }
  });

  it('lets a damaged previous release be known as bad', async () => {
    const other = await shop.bundle('v2', await shop.model('v2.gguf', { seed: 2 }));
    await deployHere(other, shop);
    await writeFile(inRelease(first, 'model/v1.gguf'), 'x');
    const { json } = await repairJson('--release', first);
    expect(json).toMatchObject({ repaired: false, marked_bad: [first] });
    const { exitCode, stderr } = await shop.milton('rollback', '--now', 'test');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('DEPLOY_NOTHING_TO_GO_BACK_TO'),
    });
  });
});
