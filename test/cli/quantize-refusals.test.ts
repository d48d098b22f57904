/** Whatever is wrong with a model, or becomes wrong meanwhile: one clear error, and nothing left behind. */
import { cp, mkdir, readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { familyPath } from '../fakes/reference-model.ts';
import { toEntry } from '../fakes/registry-entry.ts';
import { quantizeAt, snapshot } from './quantize-moment.ts';
import { useShop } from './shop.ts';

const shop = useShop();
const SOUND = familyPath('llama');

/** A directory of its own for each case, all of them registered. */
const directory = (version: string): string => join(shop.folder, 'models', version);

type Damage = (path: string) => Promise<void>;

async function editJson(path: string, change: (value: Record<string, unknown>) => void): Promise<void> {
  const value = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  change(value);
  await writeFile(path, JSON.stringify(value));
}

const halfWritten: Damage = (path) => truncate(join(path, 'model.safetensors'), 300_000);

const missingShard: Damage = async (path) => {
  const names = [1, 2].map((no) => `model-0000${no}-of-00002.safetensors`);
  await rename(join(path, 'model.safetensors'), join(path, names[0] ?? ''));
  const header = await readHeader(join(path, names[0] ?? ''));
  const weights = Object.keys(header).filter((name) => name !== '__metadata__');
  const index = weights.map((name, at) => [name, names[at % 2]]);
  await writeFile(
    join(path, 'model.safetensors.index.json'),
    JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(index) }),
  );
};

async function readHeader(path: string): Promise<object> {
  const bytes = await readFile(path);
  return JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString()) as object;
}

const otherDtype: Damage = async (path) => {
  const file = join(path, 'model.safetensors');
  const bytes = await readFile(file);
  bytes.write('I32', bytes.indexOf('F32'));
  await writeFile(file, bytes);
};

const otherConfig: Damage = (path) =>
  editJson(join(path, 'config.json'), (config) => (config['num_key_value_heads'] = 2));

const noMerges: Damage = (path) =>
  editJson(join(path, 'tokenizer.json'), (tokenizer) => {
    delete (tokenizer['model'] as Record<string, unknown>)['merges'];
  });

const CASES = [
  ['half-written', halfWritten, 'HF_SAFETENSORS_INVALID', 'register'],
  ['missing-shard', missingShard, 'HF_INDEX_INVALID', 'register'],
  ['wrong-dtype', otherDtype, 'CONVERT_UNSUPPORTED', 'convert'],
  ['other-config', otherConfig, 'CONVERT_TENSORS_DISAGREE', 'convert'],
  ['no-merges', noMerges, 'CONVERT_CONFIG_INVALID', 'convert'],
] as const;

beforeAll(async () => {
  for (const [version, damage] of [...CASES, ['sound', () => Promise.resolve()]] as const) {
    await mkdir(join(shop.folder, 'models'), { recursive: true });
    await cp(SOUND, directory(version), { recursive: true });
    await damage(directory(version));
  }
  const versions = [...CASES.map(([version]) => version), 'sound'];
  await shop.saveRegistry(
    versions.map((version) => toEntry(version, { model_path: directory(version), quantization: null })),
  );
});

describe('a directory that is not whole or not known', () => {
  it.each(CASES)('is refused where it is %s', async (version, _damage, code, where) => {
    const before = await snapshot(shop.folder);
    const refused = await shop.document('quantize', version, '--type', 'Q4_0,Q8_0');
    expect(refused).toMatchObject({ exitCode: 3, json: { ok: false, error: { code } } });
    expect(refused.stderr).toBe('');
    expect(await snapshot(shop.folder)).toEqual(before);
    // What cannot be read is no more registered than it is quantized.
    if (where === 'convert') return;
    const registered = await shop.document('models', 'register', 'other', '--hf', directory(version));
    expect(registered).toMatchObject({ exitCode: 3, json: { error: { code } } });
    expect(await snapshot(shop.folder)).toEqual(before);
  });

  it('is refused where somebody writes to it while it is converted', async () => {
    const before = await snapshot(shop.state);
    const shell = `echo >> '${directory('sound')}/config.json'`;
    const refused = await quantizeAt(shop, { message: 'Converting', shell }, 'sound');
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain('error BUNDLE_SOURCE_CHANGED');
    expect(await snapshot(shop.state)).toEqual(before);
  });
});

describe('what happens meanwhile', () => {
  it('to the entry is no business of what was made: it is removed, and the registry left as it is', async () => {
    const file = join(shop.state, 'models/registry.json');
    const kept = await readFile(file, 'utf8');
    const before = await snapshot(shop.folder);
    const refused = await quantizeAt(
      shop,
      { message: 'Loading it', shell: `printf '[]\\n' > '${file}'` },
      'sound',
    );
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain('error REGISTRY_ENTRY_CHANGED');
    expect(await readFile(file, 'utf8')).toBe('[]\n');
    await writeFile(file, kept);
    expect(await snapshot(shop.folder)).toEqual(before);
  });

  it('to the name of the last type leaves none of the others', async () => {
    const out = join(shop.folder, 'out');
    const before = await snapshot(shop.state);
    const shell = `touch '${out}/model-q4_0.gguf'`;
    const args = ['sound', '--type', 'Q4_0,Q8_0', '--out', out];
    const refused = await quantizeAt(shop, { message: 'to Q8_0', shell }, ...args);
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(refused.stderr).toContain('error QUANTIZE_OUTPUT_EXISTS');
    expect(await readdir(out)).toEqual(['model-q4_0.gguf']);
    expect(await snapshot(shop.state)).toEqual(before);
  });
});
