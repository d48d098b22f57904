import { mkdir, mkdtemp, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runMilton, useFolder, type Finished } from './run-milton.ts';
import { interruptMilton } from './shop.ts';

const place = useFolder();

interface Demo extends Finished {
  /** The folder for temporary files that this run had to itself. */
  readonly temporary: string;
}

async function demo(...args: string[]): Promise<Demo> {
  const temporary = await mkdtemp(join(place.folder, 'tmp-'));
  const env = { TMPDIR: temporary, MILTON_STATE_DIR: join(place.folder, 'state') };
  return { ...(await runMilton(['demo', ...args], { env })), temporary };
}

describe.skipIf(process.platform === 'win32')('milton demo', () => {
  it('walks the whole way in six steps, says what to try next, and leaves nothing behind', async () => {
    const { exitCode, stdout, stderr, temporary } = await demo();
    expect(exitCode).toBe(0);
    const titles = [...stdout.matchAll(/^\d\. (.*)$/gm)].map(([, title]) => title);
    expect(titles).toEqual([
      expect.stringMatching(/^Wrote three small GGUF models and registered four/),
      expect.stringMatching(/^Measured each/),
      expect.stringMatching(/no GGUF: refused/),
      expect.stringMatching(/^Deployed v1.*v2.*CoVe/),
      expect.stringMatching(/deployed v3/),
      expect.stringMatching(/^Rolled back to v1/),
    ]);
    expect(stderr.trimEnd().split('\n'), 'a line for each step').toHaveLength(6);
    expect(stdout).toMatch(/error REGISTRY_NO_GGUF: .*v4.*\n +fix +.*milton quantize v4/);
    expect(stdout).toMatch(/checksums verified, load test passed: 16 tokens at \d+ tokens\/s/);
    expect(stdout).toMatch(/^done {2}in .* by really loading the models with llama\.cpp\.$/m);
    expect(stdout).toContain('milton demo --keep');
    expect(await readdir(temporary)).toEqual([]);
    expect(await readdir(place.folder)).not.toContain('state');
  });

  it('prints one document, and keeps a folder in which every command that it names works', async () => {
    const { exitCode, stdout, temporary } = await demo('--keep', '--json');
    expect(exitCode).toBe(0);
    const json = JSON.parse(stdout) as Record<'folder' | 'state_dir' | 'target_path', string>;
    expect(json).toMatchObject({
      ok: true,
      kept: true,
      duration_ms: expect.any(Number),
      steps: [
        {},
        {},
        { refused: { code: 'REGISTRY_NO_GGUF', aftermath: 'unchanged' } },
        {},
        {},
        { refused: null },
      ],
    });
    expect(await readdir(temporary)).toEqual([json.folder.split('/').at(-1)]);
    expect(await readlink(json.target_path)).toMatch(/^\.llm\.milton\/releases\/deploy_v1_/);
    const run = async (...args: string[]): Promise<Record<string, unknown>> => {
      const finished = await runMilton([...args, '--state-dir', json.state_dir, '--json']);
      expect(finished.exitCode).toBe(0);
      return JSON.parse(finished.stdout) as Record<string, unknown>;
    };
    expect(await run('status')).toMatchObject({ targets: [{ live: { model_version: 'v1' } }] });
    expect(await run('deployments')).toMatchObject({ total: 4 });
    expect(await run('models', 'list')).toMatchObject({ models: [{}, {}, {}, {}] });
    expect(await run('select', '--weights', 'cove=1,retrieval=1')).toMatchObject({ recommended_model: 'v3' });
    expect(await run('bundle', 'list')).toMatchObject({ bundles: [{}, {}] });
  });

  it.each(['Measuring', 'Deploying a better'])('leaves nothing when Ctrl-C comes at "%s"', async (after) => {
    const temporary = join(place.folder, `tmp ${after}`);
    await mkdir(temporary);
    const { exitCode, stdout } = await interruptMilton(['demo'], { after, env: { TMPDIR: temporary } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(await readdir(temporary)).toEqual([]);
  });
});
