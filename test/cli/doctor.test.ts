import { chmod, cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readTree } from '../fakes/deploy-bench.ts';
import { runMilton, type RunOptions } from './run-milton.ts';
import { useShop } from './shop.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOBODY = 65534;

interface ShownCheck {
  readonly id: string;
  readonly status: string;
  readonly path: string | null;
  readonly found: string;
  readonly fix: string | null;
}

const shop = useShop();

/** Not the temporary folder of everybody: what is left there must be seen. */
const run = (args: readonly string[], { env = {}, ...rest }: RunOptions = {}) =>
  runMilton(['doctor', ...args], {
    env: {
      MILTON_STATE_DIR: shop.state,
      TMPDIR: join(shop.folder, 'tmp'),
      LANG: 'C.UTF-8',
      ...env,
    },
    ...rest,
  });

async function examine(args: readonly string[] = [], options: RunOptions = {}) {
  const { exitCode, stdout } = await run(['--json', '--target-path', shop.target, ...args], options);
  const document = JSON.parse(stdout) as {
    readonly ok: boolean;
    readonly checks?: readonly ShownCheck[];
    readonly error?: { readonly code: string; readonly details: { readonly checks: readonly ShownCheck[] } };
  };
  const checks = document.checks ?? document.error?.details.checks ?? [];
  return { exitCode, document, checks, of: (id: string) => checks.find((check) => check.id === id) };
}

beforeEach(async () => {
  await rm(join(shop.folder, 'srv'), { recursive: true, force: true });
  await mkdir(join(shop.folder, 'srv'));
  await mkdir(join(shop.folder, 'tmp'), { recursive: true });
});

describe('milton doctor', () => {
  it('finds a good machine fit, having run a tiny model, and changes nothing', async () => {
    const before = await readTree(shop.folder);
    const { exitCode, document, of } = await examine();
    expect({ exitCode, ok: document.ok }).toEqual({ exitCode: 0, ok: true });
    expect(of('engine')).toMatchObject({ status: 'ok', found: expect.stringContaining('a tiny model ran') });
    expect(of('target')).toMatchObject({ status: 'ok', path: shop.target });
    expect(of('node')).toMatchObject({ status: 'ok', found: process.versions.node, costs: null, fix: null });
    expect(await readTree(shop.folder)).toEqual(before);
  });

  it('prints a table, and for each lack what it costs and what to type', async () => {
    const { exitCode, stdout, stderr } = await run(['--target-path', shop.target, '--no-load', '--quiet'], {
      env: { LC_ALL: 'C' },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^ok +node +20|^ok +node +2/m);
    expect(stdout).toMatch(/^ok +engine +llama-cpp \S+, not tried$/m);
    expect(stdout).toMatch(/^degraded +locale +see below$/m);
    expect(stdout).toMatch(
      /^locale +degraded\nfound +C\nexpected +UTF-8\ncosts .*\nfix +export LANG=C\.UTF-8$/m,
    );
    expect(stdout).toMatch(/This machine is fit for deployments; .* degraded\.\n$/);
  });

  it('exits 1 where the target cannot be used, with all checks in the error', async () => {
    await mkdir(shop.target);
    const { exitCode, document, of } = await examine(['--no-load']);
    expect({ exitCode, ok: document.ok }).toEqual({ exitCode: 1, ok: false });
    expect(document.error?.code).toBe('PIPELINE_MACHINE_UNFIT');
    expect(of('target')).toMatchObject({ status: 'failed', found: 'a folder' });
    expect(of('node')?.status).toBe('ok');
    const { stdout, stderr } = await run(['--target-path', shop.target, '--no-load']);
    expect(stdout).toMatch(/^costs +Each deployment to it is refused \(TARGET_NOT_OURS\)\.$/m);
    expect(stderr).toMatch(
      /^error PIPELINE_MACHINE_UNFIT: A deployment would lack something here: target\.$/m,
    );
  });

  it.skipIf(process.getuid?.() !== 0)('sees as the user that it runs as', async () => {
    await chmod(shop.folder, 0o755);
    const { exitCode, of } = await examine(['--no-load'], { uid: NOBODY });
    expect(exitCode).toBe(1);
    expect(of('target')).toMatchObject({ status: 'failed', found: expect.stringContaining('none') });
    expect(of('state-directory')?.status).toBe('failed');
  });

  it('examines every target that was deployed to, or the one in the state directory', async () => {
    const pathsOf = async () => {
      const { stdout } = await run(['--json', '--no-load']);
      const { checks } = JSON.parse(stdout) as { checks: readonly ShownCheck[] };
      return checks.filter(({ id }) => id === 'target').map(({ path }) => path);
    };
    expect(await pathsOf()).toEqual([join(shop.state, 'deployments/current')]);
    const bundle = await shop.bundle('v1', await shop.model('a.gguf'));
    for (const target of ['llm', 'two']) {
      const path = join(shop.folder, 'srv', target);
      await shop.milton('deploy', '--bundle', bundle, '--target-path', path, '--skip-load-test');
    }
    expect(await pathsOf()).toEqual([join(shop.folder, 'srv/llm'), join(shop.folder, 'srv/two')]);
  });

  it('says in its help that it changes nothing, and what its exit codes mean', async () => {
    const { stdout } = await run(['--help']);
    expect(stdout).toContain('Changes nothing. Exits 0 where');
    expect(stdout).toContain('$ milton doctor --target-path /srv/llm');
  });
});

describe('milton doctor, where a package is not installed', () => {
  const PACKAGES = ['commander', 'zod', 'koffi', '@koromix', 'picocolors', 'cli-progress', 'node-llama-cpp'];
  let installed: string;

  beforeAll(async () => {
    installed = await mkdtemp(join(tmpdir(), 'milton-installed-'));
    await cp(join(ROOT, 'dist'), join(installed, 'dist'), { recursive: true });
    await cp(join(ROOT, 'package.json'), join(installed, 'package.json'));
  });
  afterAll(() => rm(installed, { recursive: true, force: true }));

  async function examineWithout(...names: readonly string[]) {
    await rm(join(installed, 'node_modules'), { recursive: true, force: true });
    await mkdir(join(installed, 'node_modules'));
    for (const name of PACKAGES.filter((one) => !names.includes(one))) {
      await symlink(join(ROOT, 'node_modules', name), join(installed, 'node_modules', name));
    }
    return examine(['--no-load'], { main: join(installed, 'dist/cli/main.js') });
  }

  it('is unfit without an engine, and says what to type', async () => {
    const { exitCode, of } = await examineWithout('node-llama-cpp');
    expect(exitCode).toBe(1);
    expect(of('engine')).toMatchObject({
      status: 'missing',
      fix: expect.stringMatching(/^npm install -g node-llama-cpp@[0-9.]+$/),
    });
  });

  it('is fit without koffi, and names what takes its place', async () => {
    const { exitCode, of } = await examineWithout('koffi', '@koromix');
    expect(exitCode).toBe(0);
    expect(of('lock')).toMatchObject({ status: 'degraded' });
    expect(of('file-calls')).toMatchObject({ status: 'degraded' });
    expect(of('unnamed-files')).toMatchObject({ status: 'degraded' });
    expect(of('clock')?.found).toContain('not known whether synchronised');
  });
});
