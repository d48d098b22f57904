/** convert_hf_to_gguf.py of the owner's llama.cpp, for models that the converter here does not know. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import { convertModel, type ConvertedByEither } from '../../src/quantize/index.ts';
import { familyPath } from '../fakes/reference-model.ts';

const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0;

let folder = '';
const file = (name: string): string => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-script-'));
  await mkdir(file('llama.cpp'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** A model that the converter here refuses, for one key of its config.json. */
async function unknownModel(change: Readonly<Record<string, unknown>>): Promise<string> {
  const path = file('model');
  await cp(familyPath('llama'), path, { recursive: true });
  const config = JSON.parse(await readFile(join(path, 'config.json'), 'utf8')) as Record<string, unknown>;
  await writeFile(join(path, 'config.json'), JSON.stringify({ ...config, ...change }));
  return path;
}

/** The calling convention of the script of llama.cpp v0.5.0, and a body of the test's own. */
async function script(body: string): Promise<void> {
  const text = `
import argparse, os, sys
parser = argparse.ArgumentParser()
parser.add_argument('model')
parser.add_argument('--outfile')
parser.add_argument('--outtype', choices=['f32', 'f16', 'bf16', 'q8_0', 'auto'])
args = parser.parse_args()
${body}
`;
  await writeFile(file('llama.cpp/convert_hf_to_gguf.py'), text);
}

const OTHER = { architectures: ['OtherForCausalLM'], model_type: 'other' };

async function convert(
  path: string,
  llamaCppDir: string | null = file('llama.cpp'),
): Promise<ConvertedByEither> {
  return convertModel(path, { outPath: file('made/model.gguf'), llamaCppDir });
}

async function made(): Promise<readonly string[]> {
  return readdir(file('made')).catch(() => []);
}

describe('convertModel', () => {
  it('does not ask the script for what is known here', async () => {
    await script('sys.exit(1)');
    expect(await convert(familyPath('qwen2'))).toMatchObject({ script: null, architecture: 'qwen2' });
  });

  it('names the way through where there is no llama.cpp', async () => {
    await expect(convert(await unknownModel(OTHER), null)).rejects.toMatchObject({
      code: 'CONVERT_UNSUPPORTED',
      hint: expect.stringContaining('LLAMA_CPP_DIR=/path/to/llama.cpp milton quantize') as string,
    });
  });

  it('says where it looked for the script', async () => {
    await expect(convert(await unknownModel(OTHER))).rejects.toMatchObject({
      code: 'CONVERT_SCRIPT_MISSING',
      exitCode: 1,
      message: expect.stringContaining(file('llama.cpp/convert_hf_to_gguf.py')) as string,
    });
  });

  it('calls nothing for weights that are quantized already', async () => {
    await script(`open(${JSON.stringify(file('called'))}, 'w')`);
    const path = await unknownModel({ ...OTHER, quantization_config: { bits: 4 } });
    await expect(convert(path)).rejects.toMatchObject({ code: 'CONVERT_UNSUPPORTED' });
    expect(await readdir(folder)).not.toContain('called');
  });

  it('calls nothing for a directory that would run code of its own', async () => {
    await script(`open(${JSON.stringify(file('called'))}, 'w')`);
    const path = await unknownModel({ ...OTHER, auto_map: { AutoConfig: 'configuration_other.Other' } });
    await expect(convert(path)).rejects.toMatchObject({ code: 'HF_REMOTE_CODE' });
    expect(await readdir(folder)).not.toContain('called');
  });

  it('says that there is no Python', async () => {
    await script('');
    // What a shell says of a command that it does not find.
    await writeFile(file('python3'), '#!/bin/sh\necho python3: not found >&2\nexit 127\n', { mode: 0o755 });
    vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
    await expect(convert(await unknownModel(OTHER))).rejects.toMatchObject({
      code: 'CONVERT_SCRIPT_UNUSABLE',
      exitCode: 1,
      message: expect.stringContaining('python3: not found') as string,
    });
    expect(await made()).toEqual([]);
  });
});

describe.skipIf(!HAS_PYTHON)('convert_hf_to_gguf.py (needs python3)', () => {
  it('makes the model, which the result says, in an environment without a hub', async () => {
    const model = file('script.gguf');
    await writeFile(model, await ggufBytes(sampleModel({ type: 'F16', blockCount: 1, vocabularySize: 300 })));
    vi.stubEnv('HF_TOKEN', 'secret');
    vi.stubEnv('LLAMA_CPP_DIR', folder);
    await script(`
assert args.outtype == 'auto' and os.path.isabs(args.model)
assert not [name for name in os.environ if name.startswith('LLAMA_')] and 'HF_TOKEN' not in os.environ
assert os.environ['HF_HUB_OFFLINE'] == '1'
print('Writing:  50%|#####     | 1.00M/2.00M [00:01<00:01, 1.0Mbyte/s]', end='\\r', file=sys.stderr)
open(args.outfile, 'wb').write(open(${JSON.stringify(model)}, 'rb').read())`);
    const shares: number[] = [];
    const path = await unknownModel(OTHER);
    const result = await convertModel(path, {
      outPath: file('made/model.gguf'),
      llamaCppDir: file('llama.cpp'),
      onProgress: (event) => event.kind === 'bytes' && shares.push(event.doneBytes / event.totalBytes),
    });
    expect(result).toMatchObject({
      script: file('llama.cpp/convert_hf_to_gguf.py'),
      type: 'F16',
      architecture: 'llama',
      warnings: [
        { code: 'CONVERT_BY_SCRIPT', message: expect.stringContaining('OtherForCausalLM') as string },
      ],
    });
    expect(new Set(shares)).toEqual(new Set([0.5]));
    expect((await readFile(file('made/model.gguf'))).equals(await readFile(model))).toBe(true);
  });

  it.each([
    [
      'fails',
      `raise NotImplementedError('not \\x1b[31m known')`,
      'CONVERT_SCRIPT_FAILED',
      'NotImplementedError: not ',
    ],
    [
      'lacks a module',
      'import a_module_that_is_not_there',
      'CONVERT_SCRIPT_UNUSABLE',
      'a_module_that_is_not_there',
    ],
    ['is killed', 'os.kill(os.getpid(), 9)', 'CONVERT_SCRIPT_FAILED', 'SIGKILL'],
    ['writes nonsense', `open(args.outfile, 'wb').write(b'no model')`, 'GGUF_MAGIC_INVALID', ''],
    ['writes half', `open(args.outfile, 'wb').write(b'GGUF')`, 'GGUF_TRUNCATED', ''],
    ['writes nothing', '', 'GGUF_TRUNCATED', ''],
  ])('leaves nothing where it %s', async (_how, body, code, words) => {
    await script(body);
    const failure = (await convert(await unknownModel(OTHER)).catch((error: unknown) => error)) as Error;
    expect(failure).toMatchObject({ code, message: expect.stringContaining(words) as string });
    expect(failure.message).not.toContain('\u001B');
    expect(await made()).toEqual([]);
  });
});
