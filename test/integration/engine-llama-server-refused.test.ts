import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/index.ts';
import { loadServerEngine, type LoadedModel, type LoadRequest } from '../../src/engine/index.ts';
import { fileIdentity } from '../../src/system/index.ts';
import { fakeServer, type FakeServer } from '../fakes/llama-server.ts';

const LIMITS = { memoryBytes: 1e9, wallMs: 60_000 };
const GENERATE = { prompt: 'bota', tokens: 8, banEndOfGeneration: true, checkLogits: true };

let folder = '';
let modelPath = '';
const open: LoadedModel[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-server-'));
  modelPath = join(folder, 'model.gguf');
  await writeFile(modelPath, 'the bytes of a model');
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((model) => model.close()));
  const left = runningFrom(folder);
  await rm(folder, { recursive: true, force: true });
  if (left.length > 0) throw new Error(`Still running: ${left.join(', ')}`);
});

/** Processes whose command line names a file of this folder. */
function runningFrom(path: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter((pid) => {
    try {
      const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.[0];
      return state !== 'Z' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(path);
    } catch {
      return false;
    }
  });
}

async function load(server: FakeServer, request: Partial<LoadRequest> = {}): Promise<LoadedModel> {
  const engine = await loadServerEngine({ path: server.path });
  const model = await engine.load({ path: modelPath, limits: LIMITS, ...request });
  open.push(model);
  return model;
}

async function refusalOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.catch((caught: unknown) => caught);
  if (error instanceof Failure) return error;
  throw new Error(`Expected a failure, and got ${String(error)}`);
}

describe('a file that is no llama-server', () => {
  const describeFile = async (path: string): Promise<Failure> =>
    refusalOf((await loadServerEngine({ path })).describe());

  it('is refused where it is missing, a folder, or may not be executed', async () => {
    expect(await describeFile(join(folder, 'nowhere'))).toMatchObject({
      code: 'ENGINE_BINARY_INVALID',
      exitCode: 1,
      message: expect.stringContaining('ENOENT'),
    });
    await mkdir(join(folder, 'directory'));
    expect((await describeFile(join(folder, 'directory'))).details['received']).toBe('no regular file');
    const server = await fakeServer(folder);
    await chmod(server.path, 0o644);
    expect((await describeFile(server.path)).message).toContain('EACCES');
  });

  it('is refused where its version is garbage or nothing, in escaped words', async () => {
    const garbage = await describeFile((await fakeServer(folder, 'garbage')).path);
    expect(garbage).toMatchObject({ code: 'ENGINE_BINARY_INVALID' });
    expect(garbage.details['received']).toBe('"\\x1b[31mI am a teapot" and exit code 0');
    expect((await describeFile((await fakeServer(folder, 'mute')).path)).message).toContain(
      'nothing and exit code 1',
    );
    expect((await describeFile('/bin/true')).code).toBe('ENGINE_BINARY_INVALID');
  });
});

describe('a llama-server that does not come up', () => {
  it.each([
    ['crash', 'ENGINE_CRASHED', 'SIGSEGV'],
    ['flag', 'ENGINE_FLAG_REFUSED', 'invalid argument: --nonsense'],
    ['unloadable', 'ENGINE_LOAD_FAILED', 'tensor \\x1b[1m7 is missing'],
    ['memory', 'ENGINE_OUT_OF_MEMORY', 'failed to allocate buffer'],
    ['other-model', 'ENGINE_ANSWER_INVALID', '/elsewhere/other.gguf'],
    ['stranger', 'ENGINE_ANSWER_INVALID', 'somebody-else'],
  ])('is refused: %s', async (how, code, words) => {
    const failure = await refusalOf(load(await fakeServer(folder, how)));
    expect(failure).toMatchObject({ code });
    expect(failure.message).toContain(words);
  });

  it('is ended at its time limit where it never becomes healthy', async () => {
    const limits = { memoryBytes: 1e9, wallMs: 700 };
    const failure = await refusalOf(load(await fakeServer(folder, 'unhealthy'), { limits }));
    expect(failure).toMatchObject({ code: 'ENGINE_TIMED_OUT' });
  });

  it('is refused where the file is not the one that was verified', async () => {
    const expectedFile = (await fileIdentity(modelPath)) ?? { dev: 0n, ino: 0n, sizeBytes: 0 };
    await writeFile(`${modelPath}.new`, 'other bytes');
    await rename(`${modelPath}.new`, modelPath);
    const failure = await refusalOf(load(await fakeServer(folder), { expectedFile }));
    expect(failure).toMatchObject({ code: 'ENGINE_FILE_CHANGED' });
  });
});

describe('a llama-server that answers badly', () => {
  it.each([
    ['500', 'ENGINE_ANSWER_INVALID', 'status 500: the \\x1b[31mtensors are gone'],
    ['text', 'ENGINE_ANSWER_INVALID', 'as llama-server does'],
    ['shape', 'ENGINE_ANSWER_INVALID', 'tokens.0'],
    ['cut', 'ENGINE_ANSWER_INVALID', 'expected a whole answer'],
    ['huge', 'ENGINE_ANSWER_INVALID', 'more than 67108864 bytes'],
    ['turncoat', 'ENGINE_ANSWER_INVALID', 'but for gpt-oss'],
    ['eager', 'ENGINE_ANSWER_INVALID', '11 tokens'],
    ['silent', 'ENGINE_ANSWER_INVALID', 'probabilities for 0'],
    ['dying', 'ENGINE_CRASHED', 'GGML_ASSERT(found) failed'],
  ])('is refused: %s', async (how, code, words) => {
    const model = await load(await fakeServer(folder, how));
    const failure = await refusalOf(model.generate(GENERATE));
    expect(failure).toMatchObject({ code });
    expect(failure.message).toContain(words);
  });

  it('is ended at its time limit where it never answers', async () => {
    const limits = { ...LIMITS };
    const model = await load(await fakeServer(folder, 'hang'), { limits });
    // Starting takes its time on a busy machine; what is asked after that need not.
    limits.wallMs = 300;
    expect(await refusalOf(model.generate(GENERATE))).toMatchObject({ code: 'ENGINE_TIMED_OUT' });
  });

  it('is told from one that is asked too much', async () => {
    const model = await load(await fakeServer(folder), { contextTokens: 16 });
    const prompt = 'x'.repeat(40);
    expect(await refusalOf(model.generate({ ...GENERATE, prompt }))).toMatchObject({
      code: 'ENGINE_REQUEST_INVALID',
      message: expect.stringContaining('request exceeds the context'),
    });
  });
});
