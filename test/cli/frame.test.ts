import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measuredCandidate, measuredRun } from '../fakes/measured-run.ts';
import { MAIN, runMilton, smallGguf, useFolder } from './run-milton.ts';

const place = useFolder();

describe('milton --version', () => {
  it('prints the version of the package, plainly and as a document', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    await expect(runMilton(['--version'])).resolves.toEqual({
      exitCode: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
    await expect(place.document('--version')).resolves.toMatchObject({
      exitCode: 0,
      json: { ok: true, version },
    });
  });

  it('loads no library', async () => {
    expect((await loadedFiles(['--version'])).filter((url) => url.includes('node_modules'))).toEqual([]);
  });
});

describe('milton, without a command', () => {
  it('says on a fresh state directory what to do first', async () => {
    const { exitCode, stdout, stderr } = await place.milton();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain('milton demo');
    expect(stdout).toContain('milton models register VERSION --gguf FILE');
    await expect(place.document()).resolves.toMatchObject({ json: { ok: true, fresh: true, models: 0 } });
  });

  it('shows what there is, once there is something', async () => {
    const state = join(place.folder, 'other');
    await writeFile(join(place.folder, 'm.gguf'), await smallGguf());
    await place.milton('models', 'register', 'v1', '--gguf', 'm.gguf', '--activate', '--state-dir', state);
    const { stdout, exitCode } = await place.milton('--state-dir', state);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/models +1, active: v1/);
    expect(stdout).toContain('milton models list');
  });

  it('does not hide a registry that cannot be read', async () => {
    const state = join(place.folder, 'broken');
    await mkdir(join(state, 'models'), { recursive: true });
    await writeFile(join(state, 'models/registry.json'), '[{');
    const { exitCode, stderr } = await place.milton('--state-dir', state);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('error CORE_JSON_INVALID');
  });
});

describe('milton --help', () => {
  it('lists the commands and leaves internals out', async () => {
    const { exitCode, stdout } = await place.milton('--help');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('models');
    expect(stdout).not.toContain('overview');
  });

  it('is a document with --json', async () => {
    const { json } = await place.document('bundle', 'create', '--help');
    expect(json).toMatchObject({ ok: true, help: expect.stringContaining('--record-path') });
  });
});

describe('a command that cannot be understood', () => {
  it('exits 2 with a refusal like any other, its words made harmless', async () => {
    const { exitCode, stdout, stderr } = await place.milton('nothing\u001b[2J');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toBe(
      "error CLI_USAGE: Unknown command 'nothing\\x1b[2J'.\n  fix        milton --help lists the commands.\n",
    );
  });

  it('is refused in a document too', async () => {
    const { exitCode, stderr, json } = await place.document('models', 'lst');
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' });
    expect(json).toEqual({
      ok: false,
      error: {
        code: 'CLI_USAGE',
        message: "Unknown command 'lst' (did you mean list?).",
        hint: 'milton models --help shows what it takes, with an example.',
        aftermath: null,
        details: {},
      },
    });
  });
});

describe('the options of every command', () => {
  it('may stand before or after its name', async () => {
    const state = join(place.folder, 'empty');
    for (const args of [
      ['--json', '--state-dir', state, 'models', 'list'],
      ['models', '--json', '--state-dir', state, 'list'],
      ['models', 'list', '--json', '--state-dir', state],
    ]) {
      const { stdout } = await runMilton(args);
      expect(JSON.parse(stdout)).toMatchObject({
        ok: true,
        registry: join(state, 'models/registry.json'),
        models: [],
      });
    }
  });

  it('keeps the version of a bundle apart from that of the command', async () => {
    const { exitCode, stderr } = await place.milton(
      'bundle',
      'create',
      '--version',
      'v1',
      '--model',
      'missing.gguf',
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('SYSTEM_FILE_MISSING');
  });

  it('says why with --verbose, and colours only where they are wanted', async () => {
    const plain = await place.milton('gguf', 'inspect', 'missing.gguf');
    expect(plain.stderr).not.toContain('ENOENT');
    expect(plain.stderr).not.toContain('\u001b[');
    const verbose = await place.milton('gguf', 'inspect', 'missing.gguf', '--verbose');
    expect(verbose.stderr).toContain('ENOENT');
    const forced = await runMilton(['gguf', 'inspect', 'missing.gguf'], { env: { FORCE_COLOR: '1' } });
    expect(forced.stderr).toContain('\u001b[31m');
    const args = ['gguf', 'inspect', 'missing.gguf', '--no-color'];
    expect((await runMilton(args, { env: { FORCE_COLOR: '1' } })).stderr).not.toContain('\u001b[');
  });
});

describe('a command', () => {
  const commandsIn = (urls: readonly string[]): string[] =>
    urls.flatMap((url) => /dist\/cli\/commands\/(.+)\.js$/.exec(url)?.[1] ?? []);

  it('is not loaded for the list of commands, nor for a name that is misspelt', async () => {
    expect(commandsIn(await loadedFiles(['--help']))).toEqual([]);
    expect(commandsIn(await loadedFiles(['bundel', 'list']))).toEqual([]);
  });

  it('loads no other command', async () => {
    expect(commandsIn(await loadedFiles(['rollback', '--help'])).toSorted()).toEqual([
      'rollback',
      'service-options',
      'target-options',
      'tester-options',
    ]);
  });
});

describe('looking into bundles', () => {
  // Each file costs about half a millisecond of a start.
  const MAX_FILES = 64;
  const HEAVY = [
    'bundle/create-bundle',
    'bundle/extract-bundle',
    'bundle/open-artifact',
    'bundle/stage-artifact',
    'cli/commands/bundle-create',
    'system/contained-child',
    'system/lock',
  ];

  it('loads nothing of what packs, locks, starts processes or knows models', async () => {
    const bundles = join(place.folder, 'bundles');
    await writeFile(join(place.folder, 'look.gguf'), await smallGguf());
    const created = ['--model', 'look.gguf', '--version', 'v1', '--out', bundles, '--quiet'];
    const { stdout } = await place.milton('bundle', 'create', ...created);
    for (const args of [
      ['bundle', 'inspect', stdout.trim()],
      ['bundle', 'list', '--dir', bundles],
    ]) {
      const urls = await loadedFiles(args);
      const own = urls.flatMap((url) => /dist\/(.+)\.js$/.exec(url)?.[1] ?? []);
      expect(own).toContain('bundle/inspect-bundle');
      expect(own.filter((file) => /^(gguf|hf|evidence|engine|deploy|pipeline)\//.test(file))).toEqual([]);
      expect(own.filter((file) => HEAVY.includes(file))).toEqual([]);
      expect(own.length).toBeLessThanOrEqual(MAX_FILES);
      const libraries = urls.flatMap((url) => /node_modules\/([^/]+)/.exec(url)?.[1] ?? []);
      expect(new Set(libraries)).toEqual(new Set(['commander']));
    }
  });
});

describe('the library that draws charts', () => {
  it('is loaded for a page, and not for looking at a run', async () => {
    const run = join(place.folder, 'measured.json');
    await writeFile(run, JSON.stringify(measuredRun([measuredCandidate('v1')])));
    const shown = await loadedFiles(['bench', 'show', run]);
    expect(shown.filter((url) => /node_modules\/echarts|dist\/(report|engine|pipeline)\//.test(url))).toEqual(
      [],
    );
    expect(shown.some((url) => url.includes('dist/bench/to-recorded'))).toBe(true);
    const html = join(place.folder, 'report.html');
    const drawn = await loadedFiles(['bench', 'report', run, '--html', html]);
    // One file of it, not its hundreds.
    expect(drawn.filter((url) => url.includes('node_modules/echarts'))).toHaveLength(1);
    expect(await readFile(html, 'utf8')).toContain('</html>');
  });
});

describe('an output that goes away', () => {
  it('is no fault when the reader has seen enough', async () => {
    const child = spawn(process.execPath, [MAIN, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
    const exitCode = await new Promise((resolve) => child.on('close', resolve));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  it
    .skipIf(process.platform !== 'linux')
    .each([[['--help']], [['--help', '--json']], [['nothing', '--json']], [['--version']]])(
    'is a fault when the disk is full: %j',
    async (args) => {
      const child = spawn(process.execPath, [MAIN, ...args], {
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      });
      let stderr = '';
      child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()));
      const exitCode = await new Promise((resolve) => child.on('close', resolve));
      expect(exitCode).toBe(args[0] === 'nothing' ? 2 : 1);
      expect(stderr).toContain('error CLI_OUTPUT_LOST: Cannot write to standard output: ENOSPC');
      expect(stderr).not.toContain('    at ');
    },
  );
});

describe('a Node that is too old', () => {
  it('gets one sentence', async () => {
    const pretend =
      'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.18.3"}})';
    await expect(runMilton(['models', 'list'], { nodeArgs: ['--import', pretend] })).resolves.toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'Milton Edge needs Node 20.19 or newer; this is Node 20.18.3.\n',
    });
  });
});

/** What Node loaded, from its own coverage report. */
export async function loadedFiles(args: readonly string[]): Promise<readonly string[]> {
  const folder = join(place.folder, `coverage-${args.join('-').replaceAll(/[^\w-]/g, '')}`);
  await runMilton(args, { env: { NODE_V8_COVERAGE: folder } });
  const reports = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')),
  );
  return reports.flatMap((text) =>
    (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url),
  );
}
