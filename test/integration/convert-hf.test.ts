/** Every family, held against what PyTorch computed with the same weights (test/fixtures/families/make.py). */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { convertHf, quantizeGguf } from '../../src/quantize/index.ts';
import { compare, FAMILY_NAMES, familyPath, readExpected } from '../fakes/reference-model.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-convert-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const out = (): string => join(folder, 'made', 'model.gguf');

/** A copy of a sound model, to be damaged. */
async function copyOf(name: string): Promise<string> {
  const path = join(folder, 'model');
  await cp(familyPath(name), path, { recursive: true });
  return path;
}

async function editJson(path: string, change: (value: Record<string, unknown>) => void): Promise<void> {
  const value = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  change(value);
  await writeFile(path, JSON.stringify(value));
}

describe('convertHf', () => {
  it.each(FAMILY_NAMES)('makes of %s a model that reads and computes what PyTorch does', async (name) => {
    const made = await convertHf(familyPath(name), { outPath: out() });

    expect((await readFile(out())).length).toBe(made.sizeBytes);
    // With weights in half precision llama.cpp also rounds what it computes: held against PyTorch they are as F32.
    const exact = made.type === 'F32' ? out() : join(folder, 'f32.gguf');
    if (made.type !== 'F32') await quantizeGguf(out(), { type: 'F32', outPath: exact });
    const { difference, tokens } = await compare(name, exact);
    expect(difference).toBeLessThan(1e-3);
    expect(tokens).toEqual((await readExpected(name)).ids);
  });

  it('is quantized from there', async () => {
    await convertHf(familyPath('llama'), { outPath: out() });
    const small = join(folder, 'small.gguf');
    await quantizeGguf(out(), { type: 'Q8_0', outPath: small });
    const { difference } = await compare('llama', small);
    expect(difference).toBeGreaterThan(1e-3);
    expect(difference).toBeLessThan(1);
  });
});

describe('a model that is not known for sure', () => {
  it.each([
    ['another architecture', (c) => (c['architectures'] = ['GPT2LMHeadModel']), 'GPT2LMHeadModel'],
    ['two architectures', (c) => (c['architectures'] = ['LlamaForCausalLM', 'Other']), 'Other'],
    ['another activation', (c) => (c['hidden_act'] = 'gelu'), 'hidden_act'],
    ['an unknown rope scaling', (c) => (c['rope_scaling'] = { rope_type: 'yarn', factor: 4 }), 'yarn'],
    ['quantized weights', (c) => (c['quantization_config'] = { bits: 4 }), 'quantization_config'],
    ['code of its own', (c) => (c['attention_bias'] = true), 'attention_bias'],
  ] satisfies [string, (config: Record<string, unknown>) => unknown, string][])(
    'is refused by name: %s',
    async (_what, change, named) => {
      const path = await copyOf('llama');
      await editJson(join(path, 'config.json'), change);
      await expect(convertHf(path, { outPath: out() })).rejects.toMatchObject({
        code: 'CONVERT_UNSUPPORTED',
        exitCode: 3,
        message: expect.stringContaining(named) as string,
      });
      expect(await readdir(folder)).toEqual(['model']);
    },
  );

  it.each([
    ['more blocks than there are', (c) => (c['num_hidden_layers'] = 3), 'is missing'],
    ['another width', (c) => (c['intermediate_size'] = 128), 'another shape'],
    ['another number of heads', (c) => (c['num_key_value_heads'] = 2), 'another shape'],
    ['tied embeddings, and has an output', (c) => (c['vocab_size'] = 300), 'another shape'],
  ] satisfies [string, (config: Record<string, unknown>) => unknown, string][])(
    'is refused where config.json says %s',
    async (_what, change, why) => {
      const path = await copyOf('llama');
      await editJson(join(path, 'config.json'), change);
      await expect(convertHf(path, { outPath: out() })).rejects.toMatchObject({
        code: 'CONVERT_TENSORS_DISAGREE',
        message: expect.stringContaining(why) as string,
      });
    },
  );

  it.each([
    ['no merges', (t) => ((t['model'] as Record<string, unknown>)['merges'] = []), 'CONVERT_CONFIG_INVALID'],
    ['another way of cutting', (t) => (t['pre_tokenizer'] = { type: 'Whitespace' }), 'CONVERT_UNSUPPORTED'],
    ['a normalizer', (t) => (t['normalizer'] = { type: 'Lowercase' }), 'CONVERT_UNSUPPORTED'],
    [
      'whole words that it takes as they are',
      (t) => ((t['model'] as Record<string, unknown>)['ignore_merges'] = true),
      'CONVERT_UNSUPPORTED',
    ],
    [
      'another kind',
      (t) => ((t['model'] as Record<string, unknown>)['type'] = 'Unigram'),
      'CONVERT_UNSUPPORTED',
    ],
    [
      'bytes to fall back to',
      (t) => ((t['model'] as Record<string, unknown>)['byte_fallback'] = true),
      'CONVERT_UNSUPPORTED',
    ],
  ] satisfies [string, (tokenizer: Record<string, unknown>) => unknown, string][])(
    'is refused where the tokenizer has %s',
    async (_what, change, code) => {
      const path = await copyOf('llama');
      await editJson(join(path, 'tokenizer.json'), change);
      await expect(convertHf(path, { outPath: out() })).rejects.toMatchObject({ code });
    },
  );
});
