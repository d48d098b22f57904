/** A machine without node-llama-cpp: what needs no engine works, and what needs one says so in one error. */
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTree } from '../fakes/deploy-bench.ts';
import { runMilton, type Finished } from './run-milton.ts';
import { candidateOf, entryOf, runOf, useShop } from './shop.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The dependencies of the package, and no more. */
const PACKAGES = ['commander', 'zod', 'koffi', '@koromix', 'picocolors', 'cli-progress'];

const shop = useShop();
let installed: string;
let bundle: string;

beforeAll(async () => {
  installed = await mkdtemp(join(tmpdir(), 'milton-installed-'));
  await cp(join(ROOT, 'dist'), join(installed, 'dist'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(installed, 'package.json'));
  await cp(join(ROOT, 'samples'), join(installed, 'samples'), { recursive: true });
  await mkdir(join(installed, 'node_modules'));
  for (const name of PACKAGES) {
    await symlink(join(ROOT, 'node_modules', name), join(installed, 'node_modules', name));
  }
  const model = await shop.model('a.gguf');
  bundle = await shop.bundle('b1', model);
  await shop.saveRegistry([entryOf('v1', model)]);
  await shop.saveRun('20260111_202801', runOf('20260111_202801', [candidateOf('v1', model)]));
});

afterAll(() => rm(installed, { recursive: true, force: true }));

const milton = (...args: string[]): Promise<Finished> =>
  runMilton(args, {
    main: join(installed, 'dist/cli/main.js'),
    env: { MILTON_STATE_DIR: shop.state, TMPDIR: join(shop.folder, 'tmp') },
    cwd: shop.folder,
  });

describe('without node-llama-cpp', () => {
  it.each([
    ['from a run', () => []],
    ['of a bundle', () => ['--bundle', bundle]],
    ['in a dry run from a run', () => ['--dry-run']],
    [
      'in a dry run of a bundle that is to be loaded',
      () => ['--bundle', bundle, '--dry-run', '--with-load-test'],
    ],
  ])('a deployment %s stops before anything is written, and says what to install', async (_, args) => {
    const before = await readTree(shop.folder);
    const { exitCode, stdout } = await milton('deploy', '--target-path', shop.target, '--json', ...args());
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: {
        code: 'DEPLOY_NO_ENGINE',
        hint: expect.stringMatching(/npm install -g node-llama-cpp@3\.22\.1.*--skip-load-test/),
        aftermath: 'unchanged',
      },
    });
    const after = [...(await readTree(shop.folder))].filter(([name]) => !name.includes('deployment_history'));
    expect(after).toEqual([...before].filter(([name]) => !name.includes('deployment_history')));
    expect((await shop.attempts()).at(-1)).toMatchObject({
      record: { status: 'failed' },
      details: { error: { code: 'DEPLOY_NO_ENGINE' } },
    });
  });

  it('goes on where that is accepted, deploys and goes back', async () => {
    const to = ['--target-path', shop.target, '--quiet'];
    expect(await milton('deploy', '--skip-load-test', ...to)).toMatchObject({ exitCode: 0, stderr: '' });
    const next = await shop.bundle('b2', await shop.model('b.gguf', { seed: 2 }));
    expect(await milton('deploy', '--bundle', next, '--skip-load-test', ...to)).toMatchObject({
      exitCode: 0,
    });
    const refused = await milton('rollback', ...to);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('error DEPLOY_NO_ENGINE') });
    expect(refused.stderr).toContain('--now REASON');
    expect(await milton('rollback', ...to, '--now', 'no engine here')).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['models', 'list'],
    ['select'],
    ['status'],
    ['gguf', 'check', 'a.gguf'],
    ['bundle', 'create', '--model', 'a.gguf', '--version', 'v9', '--out', 'made'],
    ['bundle', 'list', '--dir', 'shelf'],
  ])('%s %s works', async (...args) => {
    expect(await milton(...args)).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('the demo says what is missing and leaves nothing', async () => {
    await mkdir(join(shop.folder, 'tmp'));
    const { exitCode, stderr } = await milton('demo');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error QUANTIZE_NO_LIBRARY: .*\n(.*\n)* {2}fix {8}.*npm install/m);
    expect(await readdir(join(shop.folder, 'tmp'))).toEqual([]);
  });
});
