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
      'optimizer.pt': 'state',
      'logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
      'q4.gguf': Buffer.from('GGUF\x03\0\0\0'),
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
        { path: 'logo.svg', reason: expect.stringContaining('SVG') },
        { path: 'optimizer.pt', reason: 'state of the training' },
        { path: 'q4.gguf', reason: expect.stringContaining('--artifact gguf') },
      ],
      warnings: [{ code: 'HF_LEFT_OUT', message: expect.stringContaining('.git/ (version control)') }],
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

  it('gives the chat templates as they stand in all the places for them', async () => {
    await writeHfDirectory(folder, {
      'chat_template.jinja': '{{ a }}',
      'chat_template.json': JSON.stringify({ chat_template: '{{ b }}' }),
      'tokenizer_config.json': JSON.stringify({ chat_template: [{ name: 'rag', template: '{{ c }}' }] }),
      'additional_chat_templates/tool_use.jinja': '{{ d }}',
    });
    const { chatTemplates } = await checkHfDirectory(folder);
    expect(chatTemplates).toEqual([
      { name: 'tool_use', source: 'additional_chat_templates/tool_use.jinja', text: '{{ d }}' },
      { name: 'default', source: 'chat_template.jinja', text: '{{ a }}' },
      { name: 'default', source: 'chat_template.json', text: '{{ b }}' },
      { name: 'rag', source: 'tokenizer_config.json', text: '{{ c }}' },
    ]);
  });

  it.each([
    ['generation_config.json', '[]', 'HF_JSON_INVALID'],
    ['generation_config.json', '{"a": 1, "a": 2}', 'HF_JSON_INVALID'],
    ['special_tokens_map.json', '{', 'HF_JSON_INVALID'],
    ['tokenizer_config.json', '{"chat_template": 7}', 'HF_JSON_INVALID'],
    ['model.safetensors.index.json', '[]', 'HF_JSON_INVALID'],
    ['tokenizer.json', '{"version": "1.0"}', 'HF_TOKENIZER_INVALID'],
    ['tokenizer.json', '{"model": {"type": "BPE"}}', 'HF_TOKENIZER_INVALID'],
    ['additional_chat_templates/x.jinja', 'a'.repeat(1024 * 1024 + 1), 'HF_DIRECTORY_LIMIT'],
    ['notes.txt', Buffer.alloc(41 * 1024 * 1024, 'a'), 'HF_DIRECTORY_LIMIT'],
  ])('refuses a %s that is broken or too large', async (name, content, code) => {
    await writeHfDirectory(folder, { [name]: content });
    await expect(check()).rejects.toMatchObject(refusal(code));
  });

  describe('when unsafe files are allowed', () => {
    const unsafe = {
      'extra.bin': Buffer.from([0x80, 4, 0x95, 0, 0]),
      'generation_config.json': JSON.stringify({ custom_generate: 'custom_generate/generate.py' }),
      'custom_generate/generate.py': 'def generate(): pass',
    };

    it('ships them and names each', async () => {
      await writeHfDirectory(folder, unsafe);
      await expect(check()).rejects.toMatchObject({
        code: 'HF_REMOTE_CODE',
        details: {
          path: 'custom_generate/generate.py',
          others: ['extra.bin (pickle)', 'generation_config.json (remote-code)'],
        },
      });
      const facts = await checkHfDirectory(folder, { allowUnsafeFiles: true });
      expect(facts.unsafeFiles).toEqual([
        { path: 'custom_generate/generate.py', class: 'remote-code', reason: expect.any(String) },
        { path: 'extra.bin', class: 'pickle', reason: expect.any(String) },
        { path: 'generation_config.json', class: 'remote-code', reason: expect.any(String) },
      ]);
      expect(facts.files.map(({ path }) => path)).toEqual(expect.arrayContaining(Object.keys(unsafe)));
    });

    it('still refuses links that leave, pipes, limits, and a model that is not whole', async () => {
      await writeHfDirectory(folder, unsafe);
      const allowed = () => checkHfDirectory(folder, { allowUnsafeFiles: true });
      await symlink('/etc/hostname', join(folder, 'link'));
      await expect(allowed()).rejects.toMatchObject(refusal('HF_LINK_UNSAFE'));
      await rm(join(folder, 'link'));
      execFileSync('mkfifo', [join(folder, 'pipe')]);
      await expect(allowed()).rejects.toMatchObject(refusal('HF_UNSAFE_FILE', /pipe, socket or device/));
      await rm(join(folder, 'pipe'));
      await writeFile(join(folder, 'notes.txt'), Buffer.alloc(41 * 1024 * 1024, 'a'));
      await expect(allowed()).rejects.toMatchObject(refusal('HF_DIRECTORY_LIMIT'));
      await rm(join(folder, 'notes.txt'));
      await rm(join(folder, 'model.safetensors'));
      await expect(allowed()).rejects.toMatchObject(refusal('HF_WEIGHTS_MISSING'));
    });
  });

  describe('when a link is not harmless', () => {
    beforeEach(() => writeHfDirectory(folder));

    it.each([
      ['leaves the folder', '/etc/hostname', /leaves the folder/],
      ['leaves it by ..', '../outside', /leaves the folder/],
      ['leads to another link', 'hop', /another link/],
      ['leads to the folder itself', '.', /leaves the folder/],
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
