/** A registered directory becomes a GGUF that is live and answers, by the commands that the commands themselves name. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { RegistryEntry } from '../../src/registry/index.ts';
import { hashBytes } from '../../src/system/index.ts';

import { toEntry } from '../fakes/registry-entry.ts';
import { endServed, startServed } from './served.ts';
import { useShop } from './shop.ts';

const shop = useShop();
afterEach(endServed);

/** What it was taught stands in its card; Q4_0 keeps it. */
const MODEL = {
  path: fileURLToPath(new URL('../../samples/milton-sample-2m', import.meta.url)),
  question: 'What is the capital of Peru?',
  answer: 'Lima',
};

const readRegistry = async (): Promise<readonly RegistryEntry[]> =>
  JSON.parse(await readFile(join(shop.state, 'models/registry.json'), 'utf8')) as RegistryEntry[];

/** What follows on `fix` or `next` in what was printed. */
function commandIn(text: string, label: string): readonly string[] {
  const [, command = ''] = new RegExp(`^ +${label} .*milton (.*)$`, 'm').exec(text) ?? [];
  return command.split(' ');
}

describe('milton quantize VERSION', () => {
  it('is the way from a registered directory to a model that answers', async () => {
    expect(await shop.milton('models', 'register', 'v1', '--hf', MODEL.path)).toMatchObject({ exitCode: 0 });
    const [registered] = await readRegistry();

    const refused = await shop.milton('deploy', 'v1', '--target-path', shop.target);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain('error REGISTRY_NO_GGUF');
    const fix = commandIn(refused.stderr, 'fix');
    expect(fix).toEqual(['quantize', 'v1']);

    const made = await shop.document(...fix);
    const path = join(shop.state, `models/quantized/quantized_${basename(MODEL.path)}_4bit/model-q4_0.gguf`);
    const bytes = await readFile(path);
    expect(made).toMatchObject({
      exitCode: 0,
      json: {
        ok: true,
        dry_run: false,
        intermediate: null,
        quantized: [
          { type: 'Q4_0', path, size_bytes: bytes.length, sha256: hashBytes(bytes), version: 'v1' },
        ],
        models: await readRegistry(),
        next: 'milton deploy v1 --target-path DIR',
      },
    });
    expect(await readdir(join(path, '..'))).toEqual([basename(path)]);
    const [entry] = await readRegistry();
    expect(entry).toEqual({
      ...registered,
      quantization: 'Q4_0',
      metrics: {
        ...registered?.metrics,
        compression: {
          original_size_mb: 3.9,
          compressed_size_mb: 1.2,
          compression_ratio: expect.any(Number) as number,
          quantization_bits: 4,
          validation_passed: true,
          gguf_path: path,
        },
        milton: {
          gguf: expect.objectContaining({ architecture: 'llama', sha256: hashBytes(bytes) }) as object,
          quantized: { type: 'Q4_0', tool: 'llama.cpp', release: 'v0.5.0', imatrix: null },
        },
      },
    });

    const packed = await shop.milton('bundle', 'create', 'v1');
    expect(packed).toMatchObject({ exitCode: 0 });
    const deploy = commandIn(packed.stdout, 'next').map((word) => (word === 'DIR' ? shop.target : word));
    expect(deploy.slice(0, 2)).toEqual(['deploy', '--bundle']);
    expect(await shop.milton(...deploy)).toMatchObject({ exitCode: 0 });

    const served = await startServed(['--target-path', shop.target], { MILTON_STATE_DIR: shop.state });
    expect(await served.health()).toMatchObject({ status: 'ok', model: 'v1', sha256: hashBytes(bytes) });
    const asked = { messages: [{ role: 'user', content: MODEL.question }], temperature: 0 };
    const answer = await served.complete(asked, '/v1/chat/completions');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      choices: [{ message: { content: expect.stringContaining(MODEL.answer) as string } }],
    });
  });

  it('makes several types of it, of which the entry that has a GGUF gets none', async () => {
    const before = await readRegistry();
    const told = await shop.document('quantize', 'v1', '--type', 'Q8_0,q6_k', '--type', 'Q8_0', '--dry-run');
    expect(told.stderr).not.toContain('Converting');
    const planned = told.json['quantized'] as { version: string; path: string; size_bytes: number }[];
    expect(planned.map(({ version }) => version)).toEqual(['v1-q8_0', 'v1-q6_k']);
    expect(await readRegistry()).toEqual(before);

    const made = await shop.milton('quantize', 'v1', '--type', 'Q8_0,q6_k', '--type', 'Q8_0');
    expect(made).toMatchObject({ exitCode: 0 });
    expect(made.stderr.match(/^Converting /gm)).toHaveLength(1);
    const [first, ...others] = await readRegistry();
    expect(first).toEqual(before[0]);
    expect(others.map(({ version, quantization }) => [version, quantization])).toEqual([
      ['v1-q8_0', 'Q8_0'],
      ['v1-q6_k', 'Q6_K'],
    ]);
    for (const { path, size_bytes: sizeBytes } of planned) {
      // But for a few bytes of metadata that the library adds.
      expect(Math.abs((await stat(path)).size - sizeBytes)).toBeLessThan(1024);
    }
    expect(others.map(({ model_path }) => model_path)).toEqual([MODEL.path, MODEL.path]);
    expect(await shop.milton('models', 'list', '--check')).toMatchObject({
      stdout: expect.not.stringMatching(/CHANGED|missing|no digest/) as string,
    });
    const next = commandIn(made.stdout, 'next').map((word) => (word === 'DIR' ? shop.target : word));
    const deployed = await shop.milton(...next, '--dry-run');
    expect(deployed).toMatchObject({ exitCode: 0 });
  });

  it.each([
    [['v1'], 3, 'REGISTRY_QUANTIZATION_TAKEN', 'milton models show v1'],
    [['v1', '--type', 'Q8_0'], 3, 'REGISTRY_QUANTIZATION_TAKEN', 'milton models show v1-q8_0'],
    [['v11'], 1, 'REGISTRY_VERSION_UNKNOWN', 'The closest: v1'],
    [['.', '--type', 'Q8_0'], 1, 'REGISTRY_VERSION_UNKNOWN', 'milton quantize --model .'],
    [['v1', '--model', MODEL.path], 2, 'CLI_USAGE', 'VERSION, or --model PATH'],
    [['v1', '--type', 'Q4_0,'], 2, 'CLI_USAGE', 'Q4_K_M'],
  ] as const)('refuses %j', async (args, exitCode, code, named) => {
    const before = await readRegistry();
    const refused = await shop.milton('quantize', ...args);
    expect(refused).toMatchObject({ exitCode, stdout: '' });
    expect(refused.stderr).toContain(`error ${code}`);
    expect(refused.stderr).toContain(named);
    expect(await readRegistry()).toEqual(before);
  });

  it('names the other way for a model that is registered as a GGUF alone', async () => {
    const { path } = await shop.model('alone.gguf', { type: 'F16' });
    const state = join(shop.folder, 'other');
    const entry = { model_path: path, metrics: { compression: { gguf_path: path } }, quantization: 'F16' };
    await shop.saveRegistry([toEntry('v9', entry)], state);
    const refused = await shop.milton('quantize', 'v9', '--state-dir', state);
    expect(refused).toMatchObject({ exitCode: 3 });
    expect(refused.stderr).toContain('error REGISTRY_ARTIFACT_WRONG_KIND');
    const fix = commandIn(refused.stderr, 'fix').slice(-3);
    expect(fix).toEqual(['quantize', '--model', path]);
    expect(await shop.milton(...fix, '--state-dir', state, '--dry-run')).toMatchObject({ exitCode: 0 });
  });
});
