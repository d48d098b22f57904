/**
 * With trust_remote_code, loaders import Python that a configuration names. No device is sent such a model by accident.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkHfDirectory } from '../../src/hf/index.ts';
import { writeHfDirectory } from '../fakes/hf-directory.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-hf-remote-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const CONFIG = { model_type: 'llama' };
const json = (value: unknown) => JSON.stringify(value);

describe('code that a model names', () => {
  it.each([
    ['in its configuration', 'config.json', json({ ...CONFIG, auto_map: { AutoModel: 'modeling_x.X' } })],
    [
      'in another repository',
      'config.json',
      json({ ...CONFIG, auto_map: { AutoConfig: 'org/repo--conf.C' } }),
    ],
    [
      'in a part of its configuration',
      'config.json',
      json({ ...CONFIG, text_config: { auto_map: { A: 'b.C' } } }),
    ],
    ['with an escaped key', 'config.json', '{"model_type":"llama","auto\\u005fmap":{"A":"b.C"}}'],
    ['for its tokenizer', 'tokenizer_config.json', json({ auto_map: { AutoTokenizer: ['tok.T', null] } })],
    ['for its processor', 'preprocessor_config.json', json({ auto_map: { AutoProcessor: 'p.P' } })],
    ['for a pipeline', 'config.json', json({ ...CONFIG, custom_pipelines: { x: { impl: 'pipe.P' } } })],
    ['for generation', 'generation_config.json', json({ custom_generate: 'org/repo' })],
    ['for an adapter', 'adapter_config.json', json({ auto_mapping: { parent_library: 'os' } })],
    ['in a folder below', 'text_encoder/config.json', json({ auto_map: { A: 'b.C' } })],
    ['as a folder', 'custom_generate/generate.py', 'def generate(model): ...'],
  ])('is refused %s', async (_, path, content) => {
    await writeHfDirectory(folder, { [path]: content });
    await expect(checkHfDirectory(folder)).rejects.toMatchObject({
      code: 'HF_REMOTE_CODE',
      exitCode: 3,
      details: { path, class: 'remote-code' },
    });
  });

  it('is refused with the files that hold it named beside', async () => {
    await writeHfDirectory(folder, {
      'config.json': json({ ...CONFIG, auto_map: { AutoModel: 'modeling_x.X' } }),
      'modeling_x.py': 'class X: pass',
    });
    await expect(checkHfDirectory(folder)).rejects.toMatchObject({
      code: 'HF_REMOTE_CODE',
      details: { path: 'config.json', others: ['modeling_x.py (script)'] },
    });
  });

  it('is no reason to refuse where nothing is named', async () => {
    await writeHfDirectory(folder, {
      'config.json': json({ ...CONFIG, auto_map: {}, custom_pipelines: null }),
      'tokenizer.json': json({ model: { vocab: { auto_map: 0, custom_generate: 1 } } }),
    });
    await expect(checkHfDirectory(folder)).resolves.toMatchObject({ unsafeFiles: [] });
  });
});
