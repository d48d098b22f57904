import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHfModel } from '../../../src/hf/open-model.ts';
import { familyPath } from '../../fakes/reference-model.ts';

let path = '';

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'milton-hf-'));
  await cp(familyPath('llama'), path, { recursive: true });
});

afterEach(() => rm(path, { recursive: true, force: true }));

async function writeMerges(count: number): Promise<void> {
  const merges = Array.from({ length: count }, (_, no) => ['a', `b${no}`]);
  const vocab = Object.fromEntries(Array.from({ length: 128_000 }, (_, id) => [`t${id}`, id]));
  await writeFile(join(path, 'tokenizer.json'), JSON.stringify({ model: { type: 'BPE', vocab, merges } }));
}

describe('openHfModel', () => {
  it('reads a tokenizer as large as that of Llama 3, with merges as lists of two', async () => {
    await writeMerges(280_147);
    const model = await openHfModel(path);
    expect(await model.readObject('tokenizer.json')).toHaveProperty('model.merges.length', 280_147);
  });

  it('refuses one with far more values than any has', async () => {
    await writeMerges(400_000);
    const model = await openHfModel(path);
    await expect(model.readObject('tokenizer.json')).rejects.toMatchObject({ code: 'CORE_JSON_LIMIT' });
  });

  it('knows no file that is not there', async () => {
    expect(await (await openHfModel(path)).readObject('nothing.json')).toBeNull();
  });
});
