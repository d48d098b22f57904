/** From a Hugging Face directory to a GGUF that is live, as somebody types it. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { familyPath } from '../fakes/reference-model.ts';
import { useShop } from './shop.ts';

const shop = useShop();

describe('milton quantize', () => {
  it('makes of a directory a GGUF that is registered, packed and deployed by the next commands', async () => {
    const made = await shop.milton('quantize', '--model', familyPath('llama'), '--type', 'Q8_0');
    expect(made).toMatchObject({ exitCode: 0 });
    const [, path = ''] = /^quantized {2}(.*)$/m.exec(made.stdout) ?? [];
    expect(path).toMatch(/models\/quantized\/quantized_llama_8bit\/model-q8_0\.gguf$/);
    expect(made.stdout).toMatch(/load test +it loads and generates/);
    expect(await readdir(join(path, '..'))).toEqual(['model-q8_0.gguf']);

    const [, next = ''] = /milton (models register .*)$/m.exec(made.stdout) ?? [];
    const words = next.replace('VERSION', 'v1').split(' ');
    expect(await shop.milton(...words)).toMatchObject({ exitCode: 0 });
    const deployed = await shop.milton('deploy', 'v1', '--no-bundle', '--target-path', shop.target);
    expect(deployed).toMatchObject({ exitCode: 0 });
    expect(deployed.stdout).toContain('live  v1');
  });

  it('tells in a dry run how large it would be, and leaves nothing', async () => {
    const out = join(shop.folder, 'made');
    const args = ['--model', familyPath('qwen3'), '--type', 'Q4_0', '--out', out, '--dry-run'];
    const { exitCode, json } = await shop.document('quantize', ...args);
    expect({ exitCode, json }).toMatchObject({
      exitCode: 0,
      json: { ok: true, dry_run: true, quantized: [{ type: 'Q4_0' }] },
    });
    await expect(stat(out)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('keeps what was made on the way where it is asked to', async () => {
    const out = join(shop.folder, 'made');
    const args = ['--model', familyPath('mistral'), '--type', 'Q8_0', '--out', out, '--keep-intermediate'];
    expect(await shop.milton('quantize', ...args)).toMatchObject({ exitCode: 0 });
    expect((await readdir(out)).toSorted()).toEqual(['intermediate-mistral.gguf', 'model-q8_0.gguf']);
  });

  it.each([
    [[], 2, 'CLI_USAGE'],
    [['--model', 'x', '--type', 'Q9'], 2, 'CLI_USAGE'],
    [['--model', 'nowhere'], 1, 'SYSTEM_FILE_MISSING'],
  ] as const)('refuses %j', async (args, exitCode, code) => {
    const refused = await shop.milton('quantize', ...args);
    expect(refused).toMatchObject({ exitCode, stderr: expect.stringContaining(`error ${code}`) as string });
  });
});
