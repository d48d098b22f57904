import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkHfDirectory } from '../../src/hf/index.ts';
import { safetensorsBytes, writeHfDirectory } from '../fakes/hf-directory.ts';

const A = 'model-00001-of-00002.safetensors';
const B = 'model-00002-of-00002.safetensors';
const INDEX = 'model.safetensors.index.json';

let top: string;
let folder: string;

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'milton-hf-'));
  folder = join(top, 'model');
  await mkdir(folder);
});
afterEach(() => rm(top, { recursive: true, force: true }));

const check = () => checkHfDirectory(folder);
const refusal = (code: string, words: RegExp = /./) => ({ code, message: expect.stringMatching(words) });

describe('checkHfDirectory', () => {
  it('states what a sound directory holds', async () => {
    await writeHfDirectory(folder, { 'a/extra.txt': 'hello' });
    const facts = await checkHfDirectory(folder);
    expect(facts).toMatchObject({
      path: folder,
      modelType: 'llama',
      architectures: ['LlamaForCausalLM'],
      parameterCount: 40,
      leftOut: [],
      warnings: [],
    });
    expect(facts.files.map(({ path }) => path)).toEqual([
      'a/extra.txt',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    expect(facts.totalSizeBytes).toBe(facts.files.reduce((sum, file) => sum + file.sizeBytes, 0));
    expect(facts.files[0]?.absolutePath).toMatch(/model\/a\/extra\.txt$/);
  });

  it('counts the parameters of every shard', async () => {
    const index = JSON.stringify({ weight_map: { x: A, y: B } });
    await writeHfDirectory(folder, {
      'model.safetensors': null,
      [A]: safetensorsBytes({ x: { shape: [3] } }),
      [B]: safetensorsBytes({ y: { shape: [4] } }),
      [INDEX]: index,
    });
    await expect(checkHfDirectory(folder)).resolves.toMatchObject({ parameterCount: 7, warnings: [] });
  });

  it('leaves hidden files and caches out, unread, and says so', async () => {
    await writeHfDirectory(folder, {
      '.git/objects/x.bin': 'x',
      '.cache/huggingface/y.pt': 'y',
      '.gitattributes': 'z',
      '__pycache__/m.pyc': 'm',
    });
    await expect(checkHfDirectory(folder)).resolves.toMatchObject({
      leftOut: [
        { path: '.cache/', reason: 'a cache' },
        { path: '.git/', reason: 'version control' },
        { path: '.gitattributes', reason: 'hidden' },
        { path: '__pycache__/', reason: 'a cache' },
      ],
    });
  });

  it('warns of safetensors that are not part of the model', async () => {
    await writeHfDirectory(folder, { 'adapter.safetensors': safetensorsBytes({ x: {} }) });
    await expect(checkHfDirectory(folder)).resolves.toMatchObject({
      parameterCount: 40,
      warnings: [{ code: 'HF_EXTRA_WEIGHTS' }],
    });
  });

  it('follows a link inside the folder once', async () => {
    await writeHfDirectory(folder, {
      'model.safetensors': null,
      'blobs/w': safetensorsBytes({ x: { shape: [5] } }),
    });
    await symlink('blobs/w', join(folder, 'model.safetensors'));
    const facts = await checkHfDirectory(folder);
    expect(facts.parameterCount).toBe(5);
    expect(facts.files.find(({ path }) => path === 'model.safetensors')?.absolutePath).toMatch(/blobs\/w$/);
  });

  describe('when a link is not harmless', () => {
    beforeEach(() => writeHfDirectory(folder));

    it.each([
      ['leaves the folder', '/etc/hostname', /leaves the folder/],
      ['leaves it by ..', '../outside', /leaves the folder/],
      ['leads to another link', 'hop', /another link/],
      ['leads to a folder', '.', /leaves the folder|regular file/],
      ['leads nowhere', 'nothing', /nowhere/],
    ])('refuses one that %s', async (_, target, words) => {
      await writeFile(join(top, 'outside'), 'x');
      await symlink('config.json', join(folder, 'hop'));
      await symlink(target, join(folder, 'link'));
      await expect(check()).rejects.toMatchObject(refusal('HF_LINK_UNSAFE', words));
    });
  });

  it('refuses a pickle by name, by content, and behind a link', async () => {
    await writeHfDirectory(folder, { 'pytorch_model.bin': 'x' });
    await expect(check()).rejects.toMatchObject(refusal('HF_UNSAFE_FILE', /pytorch_model\.bin/));
    await rm(join(folder, 'pytorch_model.bin'));
    await writeFile(join(folder, 'merges.txt'), Buffer.from([0x80, 4, 0x95, 0, 0]));
    await expect(check()).rejects.toMatchObject(refusal('HF_UNSAFE_FILE', /merges\.txt is a Python pickle/));
  });

  it('refuses a pipe without waiting for it', async () => {
    await writeHfDirectory(folder);
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(check()).rejects.toMatchObject(refusal('HF_UNSAFE_FILE', /pipe, socket or device/));
  });

  it('refuses what is no folder, or is not there', async () => {
    const file = join(top, 'file');
    await writeFile(file, 'x');
    await expect(checkHfDirectory(file)).rejects.toMatchObject({ code: 'HF_NOT_A_DIRECTORY', exitCode: 1 });
    await expect(checkHfDirectory(join(top, 'none'))).rejects.toMatchObject({ code: 'SYSTEM_FILE_MISSING' });
  });

  it('refuses a directory that lacks a part', async () => {
    await expect(check()).rejects.toMatchObject(refusal('HF_CONFIG_INVALID', /no config\.json/));
    await writeHfDirectory(folder, { 'tokenizer.json': null });
    await expect(check()).rejects.toMatchObject(refusal('HF_TOKENIZER_MISSING'));
    await writeFile(join(folder, 'tokenizer.model'), '');
    await expect(check()).rejects.toMatchObject(refusal('HF_TOKENIZER_MISSING'));
    await writeFile(join(folder, 'tokenizer.model'), 'x');
    await expect(check()).rejects.toMatchObject(refusal('HF_TOKENIZER_INVALID', /tokenizer\.model/));
    await writeFile(join(folder, 'tokenizer.model'), 'YQ== 0\nYg== 1\n');
    await rm(join(folder, 'model.safetensors'));
    await expect(check()).rejects.toMatchObject(refusal('HF_WEIGHTS_MISSING'));
    await writeFile(join(folder, A), safetensorsBytes({ x: {} }));
    await expect(check()).rejects.toMatchObject(
      refusal('HF_INDEX_INVALID', /model\.safetensors\.index\.json is missing/),
    );
    await writeFile(join(folder, INDEX), JSON.stringify({ weight_map: { x: A, y: B } }));
    await expect(check()).rejects.toMatchObject(refusal('HF_INDEX_INVALID', /1 of 2 shards are missing/));
  });

  it('refuses weights with a byte missing, in a folder below too', async () => {
    await writeHfDirectory(folder, { 'model.safetensors': safetensorsBytes({ x: {} }).subarray(0, -1) });
    await expect(check()).rejects.toMatchObject(refusal('HF_SAFETENSORS_INVALID', /end too early/));
    await writeHfDirectory(folder, { 'sub/v.safetensors': Buffer.from('junk') });
    await expect(check()).rejects.toMatchObject(refusal('HF_SAFETENSORS_INVALID', /sub\/v\.safetensors/));
  });

  it('refuses a directory that is far too deep or far too full', async () => {
    await writeHfDirectory(folder, { [`${'d/'.repeat(17)}x`]: 'x' });
    await expect(check()).rejects.toMatchObject(refusal('HF_DIRECTORY_LIMIT', /deeper/));
    await rm(join(folder, 'd'), { recursive: true });
    execFileSync('sh', ['-c', 'seq 1 4001 | xargs touch'], { cwd: folder });
    await expect(check()).rejects.toMatchObject(refusal('HF_DIRECTORY_LIMIT', /entries/));
  });

  it('stops when it is told to', async () => {
    await writeHfDirectory(folder);
    await expect(checkHfDirectory(folder, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CORE_INTERRUPTED',
    });
  });
});
