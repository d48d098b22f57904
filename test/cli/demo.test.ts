import { mkdir, mkdtemp, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runMilton, useFolder } from './run-milton.ts';
import { interruptMilton } from './shop.ts';

const place = useFolder();

interface DemoDocument {
  readonly folder: string;
  readonly state_dir: string;
  readonly target_path: string;
  readonly steps: readonly { readonly title: string; readonly lines: readonly string[] }[];
  readonly ranking: readonly {
    readonly version: string;
    readonly chosen: boolean;
    readonly cove_pass_rate: number;
    readonly refused_because: readonly string[];
  }[];
}

describe.skipIf(process.platform === 'win32')('milton demo', () => {
  it('walks the whole way on the sample model, and keeps a folder in which every command that it names works', async () => {
    const temporary = await mkdtemp(join(place.folder, 'tmp-'));
    const env = { TMPDIR: temporary, MILTON_STATE_DIR: join(place.folder, 'state') };
    const { exitCode, stdout, stderr } = await runMilton(['demo', '--keep', '--json'], { env });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const json = JSON.parse(stdout) as DemoDocument;
    expect(json.steps.map(({ title }) => title)).toEqual([
      expect.stringMatching(/^Registered a model, and the same one when it was half trained/),
      expect.stringMatching(/no GGUF of it yet: refused/),
      expect.stringMatching(/^Converted to GGUF and quantized/),
      expect.stringMatching(/^Measured 4 GGUFs/),
      expect.stringMatching(/^Chose v1.*; refused v1-early$/),
      expect.stringMatching(/^Deployed v1.*, the choice/),
      expect.stringMatching(/^Served what is live/),
      expect.stringMatching(/^Deployed v1.* in its place/),
      expect.stringMatching(/^Rolled back to v1/),
    ]);
    expect(json).toMatchObject({
      ok: true,
      kept: true,
      answer: { question: 'What is the capital of Peru?', answer: expect.stringContaining('Lima') },
      sampled: { asked: { cove: 24 }, of: { cove: 36 } },
    });
    expect(json.steps[1]).toMatchObject({ refused: { code: 'REGISTRY_NO_GGUF', aftermath: 'unchanged' } });
    expect(json.steps[1]?.lines.join('\n')).toContain('milton quantize v1');

    const chosen = json.ranking.find((one) => one.chosen)?.version ?? '';
    const refused = json.ranking.filter(({ refused_because }) => refused_because.length > 0);
    expect(refused.map(({ version }) => version)).toEqual(['v1-early']);
    expect(refused[0]?.refused_because).toEqual([
      expect.stringMatching(/^cove_pass_rate .* below the minimum 90 %/),
    ]);
    expect(await readdir(temporary)).toEqual([json.folder.split('/').at(-1)]);
    expect(await readdir(place.folder)).not.toContain('state');
    expect(await readlink(json.target_path)).toMatch(new RegExp(`/deploy_${chosen}_\\d`));

    const run = async (...args: string[]): Promise<Record<string, unknown>> => {
      const finished = await runMilton([...args, '--state-dir', json.state_dir, '--json']);
      expect(finished.exitCode).toBe(0);
      return JSON.parse(finished.stdout) as Record<string, unknown>;
    };
    expect(await run('status')).toMatchObject({
      targets: [{ live: { model_version: chosen, evidence: { kind: 'measured' } } }],
    });
    expect(await run('deployments')).toMatchObject({ total: 4 });
    expect(await run('models', 'list')).toMatchObject({ models: [{}, {}, {}, {}] });
    expect(await run('select')).toMatchObject({ recommended_model: chosen });
    expect(await run('bundle', 'list')).toMatchObject({ bundles: [{}, {}] });
  }, 300_000);

  it.each(['Quantizing', 'verification: case'])('leaves nothing when Ctrl-C comes at "%s"', async (after) => {
    const temporary = join(place.folder, `tmp ${after}`);
    await mkdir(temporary);
    const { exitCode, stdout } = await interruptMilton(['demo'], { after, env: { TMPDIR: temporary } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(await readdir(temporary)).toEqual([]);
  });
});
