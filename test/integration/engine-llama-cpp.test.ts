import { readdirSync, readFileSync } from 'node:fs';
import { appendFile, copyFile, cp, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import {
  loadLlamaCppEngine,
  type Engine,
  type LoadedModel,
  type LoadRequest,
} from '../../src/engine/index.ts';
import { ggufBytes, sampleModel, type GgufModel } from '../../src/gguf/index.ts';
import { fileIdentity } from '../../src/system/index.ts';
import { bigramModel, logProbabilityOf, type Bigrams } from '../fakes/bigram-model.ts';

const LIMITS = { memoryBytes: 200e6, wallMs: 30_000 };
const GENERATE = { prompt: 'bota', tokens: 16, banEndOfGeneration: true, checkLogits: true };

let folder = '';
let engine: Engine;
const open: LoadedModel[] = [];

async function save(name: string, model: GgufModel): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, await ggufBytes(model));
  return path;
}

const fileOf = (name: string): string => join(folder, name);

async function load(request: Partial<LoadRequest> & { path: string }, from = engine): Promise<LoadedModel> {
  const model = await from.load({ limits: LIMITS, ...request });
  open.push(model);
  return model;
}

/** An engine whose process is the stand-in, told how to misbehave by its file name. */
async function standIn(how: string): Promise<Engine> {
  const childPath = join(folder, `stand-in.${how}.mjs`);
  await copyFile(fileURLToPath(new URL('../fixtures/engine/stand-in.mjs', import.meta.url)), childPath);
  return loadLlamaCppEngine({ childPath });
}

function childrenOfOurs(): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      const [state, parent] = (readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1) ?? '').split(
        ' ',
      );
      return /^[0-9]+$/.test(name) && Number(parent) === process.pid && state !== 'Z';
    } catch {
      return false;
    }
  });
}

let childrenBefore: string[] = [];

const countChildren = (): string[] => (process.platform === 'linux' ? childrenOfOurs() : []);

function expectOnlyShared(): void {
  expect(countChildren()).toEqual(childrenBefore);
}

/** One model for the tests of a block; the process it runs in is expected to stay until they are done. */
function sharedModel(path: () => Promise<string>): () => LoadedModel {
  let model: LoadedModel | undefined;
  beforeAll(async () => {
    model = await engine.load({ path: await path(), limits: LIMITS });
    childrenBefore = countChildren();
  });
  afterAll(async () => {
    await model?.close();
    childrenBefore = [];
    expectOnlyShared();
  });
  return () => {
    if (model === undefined) throw new Error('The model has not been loaded.');
    return model;
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-engine-'));
  engine = await loadLlamaCppEngine();
  await save('sound.gguf', sampleModel());
  expectOnlyShared();
});

afterEach(async () => {
  await Promise.all(open.splice(0).map(async (model) => model.close()));
  expectOnlyShared();
});

afterAll(async () => rm(folder, { recursive: true, force: true }));

describe('the llama.cpp engine', () => {
  describe('with a sound model', () => {
    const shared = sharedModel(async () => fileOf('sound.gguf'));

    it('loads it, and tells what was loaded', async () => {
      const model = await load({ path: fileOf('sound.gguf'), contextTokens: 256 });
      expect(model.facts).toMatchObject({ vocabularySize: 1024, contextTokens: 256, deviceName: 'cpu' });
      expect(model.facts.engineVersion).toMatch(/^\d+\.\d+\.\d+ \(llama\.cpp \S+\)$/);
      expect(model.facts.peakRssBytes).toBeGreaterThan(10e6);
      if (process.platform === 'linux') expect(model.facts.missingProtections).toEqual([]);
    });

    it('generates the same tokens in one process and in another', async () => {
      const [first, second] = await Promise.all([
        load({ path: fileOf('sound.gguf') }),
        load({ path: fileOf('sound.gguf') }),
      ]);
      const runs = await Promise.all([
        first.generate(GENERATE),
        first.generate(GENERATE),
        second.generate(GENERATE),
      ]);
      for (const { tokens, text, logits, endedBy } of runs) {
        expect({ tokens, text }).toEqual({ tokens: runs[0].tokens, text: runs[0].text });
        expect(tokens.every((token) => token >= 0 && token < 1024)).toBe(true);
        expect([tokens.length, endedBy]).toEqual([16, 'token-limit']);
        expect(logits).toEqual({ allFinite: true, allEqual: false, stepsChecked: 16 });
      }
      expect(runs[0].tokensPerSecond).toBeGreaterThan(0);
    });

    it('scores texts with probabilities that add up to 1', async () => {
      const model = shared();
      const score = await model.score('bota', ' beda bija');
      expect(score.probabilitySum).toBeCloseTo(1, 4);
      expect(score.tokenCount).toBe(score.perToken.length);
      expect(score.logProbability).toBeLessThan(0);
      expect(await model.score('bota', ' beda bija')).toEqual(score);
    });

    it('says no to questions that have no answer, and goes on', async () => {
      const model = shared();
      const refused = { code: 'ENGINE_REQUEST_INVALID' };
      await expect(model.generate({ ...GENERATE, tokens: 0 })).rejects.toMatchObject(refused);
      await expect(model.generate({ ...GENERATE, prompt: 'ba '.repeat(600) })).rejects.toMatchObject(refused);
      await expect(
        model.generate({ ...GENERATE, prompt: 'x'.repeat(17 * 1024 * 1024) }),
      ).rejects.toMatchObject(refused);
      await expect(model.score('bota', '')).rejects.toMatchObject(refused);
      expect((await model.generate(GENERATE)).tokenCount).toBe(16);
    });

    it('answers no more once it is closed', async () => {
      const model = await load({ path: fileOf('sound.gguf') });
      const pending = model.generate({ ...GENERATE, tokens: 400 });
      await Promise.all([model.close(), expect(pending).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })]);
      await expect(model.generate(GENERATE)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    });
  });

  describe('with a model made by hand', () => {
    const SIZE = 320;
    const END_TOKEN = 2;
    const bigrams: Bigrams = (previous, next) =>
      next === END_TOKEN ? 6 : ((previous * 7 + next * 13) % 101) / 20;

    const shared = sharedModel(async () => save('bigrams.gguf', bigramModel(bigrams, SIZE)));

    it('scores exactly as log-softmax of its logits', async () => {
      const model = shared();
      const [prefix, continuation] = ['hello', ' world, how are you?'];
      const tokens = await model.tokenize(prefix + continuation);
      const start = (await model.tokenize(prefix)).length;
      const { perToken, logProbability } = await model.score(prefix, continuation);
      expect(perToken.map(({ token }) => token)).toEqual(tokens.slice(start));
      const expected = tokens
        .slice(start)
        .map((token, index) => logProbabilityOf(bigrams, SIZE, tokens[start + index - 1] ?? 0, token));
      perToken.forEach((score, index) => expect(score.logProbability).toBeCloseTo(expected[index] ?? 0, 3));
      expect(logProbability).toBeCloseTo(
        expected.reduce((sum, value) => sum + value, 0),
        2,
      );
    });

    it('generates the most probable tokens, and ends or goes on at the end token as told', async () => {
      const model = shared();
      const ended = await model.generate({ ...GENERATE, banEndOfGeneration: false });
      expect(ended).toMatchObject({ tokens: [], endedBy: 'end-of-generation' });
      const { tokens } = await model.generate(GENERATE);
      let previous = (await model.tokenize(GENERATE.prompt)).at(-1) ?? 0;
      for (const token of tokens) {
        const others = Array.from({ length: SIZE }, (_, id) => id).filter((id) => id !== END_TOKEN);
        expect(bigrams(previous, token)).toBe(Math.max(...others.map((id) => bigrams(previous, id))));
        previous = token;
      }
      expect(tokens).toHaveLength(16);
    });
  });

  describe('with a damaged model', () => {
    it('reports logits that are not numbers, and scores nothing with them', async () => {
      const model = await load({ path: await save('nan.gguf', sampleModel({ poison: 'nan-logits' })) });
      const { logits, endedBy } = await model.generate(GENERATE);
      expect({ logits, endedBy }).toMatchObject({
        logits: { allFinite: false },
        endedBy: 'logits-not-finite',
      });
      await expect(model.score('a', 'b')).rejects.toMatchObject({ code: 'ENGINE_LOGITS_INVALID' });
    });

    it('reports logits that are all equal', async () => {
      const model = await load({ path: await save('flat.gguf', sampleModel({ poison: 'flat-logits' })) });
      const { logits, repeated } = await model.generate(GENERATE);
      expect({ logits, repeated }).toMatchObject({
        logits: { allFinite: true, allEqual: true },
        repeated: true,
      });
    });

    it('quotes why llama.cpp refuses a truncated file', async () => {
      const path = await save('short.gguf', sampleModel());
      await truncate(path, 2_000_000);
      await expect(load({ path })).rejects.toMatchObject({
        code: 'ENGINE_LOAD_FAILED',
        exitCode: 3,
        message: expect.stringMatching(/data is not within the file bounds/) as string,
      });
    });

    it('survives one that makes llama.cpp abort, and quotes its last words', async () => {
      const model = sampleModel();
      const metadata = [...model.metadata].map(([key, value]): [string, typeof value] =>
        key === 'llama.attention.head_count_kv' ? [key, { kind: 'uint32', value: 0 }] : [key, value],
      );
      const path = await save('abort.gguf', { ...model, metadata });
      await expect(load({ path })).rejects.toMatchObject({
        code: 'ENGINE_CRASHED',
        message: expect.stringMatching(/was ended by SIGABRT after saying ".*GGML_ASSERT/) as string,
      });
    });
  });

  describe('when it needs more than its limits', () => {
    it('says that memory ran out', async () => {
      const large = sampleModel({ type: 'F32', vocabularySize: 20_000, embeddingLength: 512 });
      const path = await save('large.gguf', { ...large, metadata: large.metadata });
      // A context of a million tokens: 6 GB of KV cache.
      const request = { path, contextTokens: 1_000_000, limits: { memoryBytes: 50e6, wallMs: 30_000 } };
      await expect(load(request)).rejects.toMatchObject({ code: 'ENGINE_OUT_OF_MEMORY', exitCode: 3 });
    });

    it('says that time ran out', async () => {
      const request = { path: fileOf('sound.gguf'), limits: { ...LIMITS, wallMs: 60 } };
      await expect(load(request)).rejects.toMatchObject({
        code: 'ENGINE_TIMED_OUT',
        details: { expected: 'an answer within 60 ms' },
      });
    });

    it('kills a process that hangs after it had loaded, and stays closed', async () => {
      const model = await load(
        { path: fileOf('sound.gguf'), limits: { ...LIMITS, wallMs: 1000 } },
        await standIn('hangs'),
      );
      await expect(model.generate(GENERATE)).rejects.toMatchObject({ code: 'ENGINE_TIMED_OUT' });
      await expect(model.generate(GENERATE)).rejects.toMatchObject({ code: 'ENGINE_TIMED_OUT' });
    });
  });

  describe('when it is cancelled', () => {
    it('ends a load', async () => {
      const controller = new AbortController();
      const loading = load({ path: fileOf('sound.gguf'), signal: controller.signal });
      setTimeout(() => controller.abort(), 150);
      await expect(loading).rejects.toMatchObject({ code: 'CORE_INTERRUPTED', exitCode: 130 });
    });

    it('ends a generation', async () => {
      const controller = new AbortController();
      const model = await load({ path: fileOf('sound.gguf'), signal: controller.signal });
      const generating = model.generate({ ...GENERATE, tokens: 480 });
      setTimeout(() => controller.abort(), 20);
      await expect(generating).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
    });

    it('starts nothing when the signal had fired before', async () => {
      const loading = load({ path: fileOf('sound.gguf'), signal: AbortSignal.abort() });
      await expect(loading).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
    });
  });

  describe('when the file is another one', () => {
    it('refuses before it loads', async () => {
      const identity = await fileIdentity(fileOf('sound.gguf'));
      if (identity === null) throw new Error('the file is there');
      await load({ path: fileOf('sound.gguf'), expectedFile: identity });
      const expectedFile = { ...identity, ino: identity.ino + 1n };
      await expect(load({ path: fileOf('sound.gguf'), expectedFile })).rejects.toMatchObject({
        code: 'ENGINE_FILE_CHANGED',
      });
    });

    it('refuses when it changed while it was loaded', async () => {
      const path = await save('changing.gguf', sampleModel());
      await expect(load({ path }, await standIn('replaces'))).rejects.toMatchObject({
        code: 'ENGINE_FILE_CHANGED',
      });
    });

    it('says that there is none', async () => {
      await expect(load({ path: fileOf('none.gguf') })).rejects.toMatchObject({
        code: 'SYSTEM_FILE_MISSING',
      });
    });
  });

  describe('when the process breaks its word', () => {
    it.each([
      ['malformed', /its answer is malformed/],
      ['quits', /ended with exit code 0/],
    ])('says so (%s)', async (how, message) => {
      const loading = load({ path: fileOf('sound.gguf') }, await standIn(how));
      await expect(loading).rejects.toMatchObject({
        code: 'ENGINE_CRASHED',
        message: expect.stringMatching(message) as string,
      });
    });

    it('waits no longer than the limit for a reply that is none', async () => {
      const loading = load(
        { path: fileOf('sound.gguf'), limits: { ...LIMITS, wallMs: 800 } },
        await standIn('noise'),
      );
      await expect(loading).rejects.toMatchObject({ code: 'ENGINE_TIMED_OUT' });
    });
  });

  describe('when node-llama-cpp is not installed', () => {
    it('says so without starting a process, with the command that installs it', async () => {
      const lonely = await loadLlamaCppEngine({ resolveFrom: pathToFileURL(join(folder, 'module.js')) });
      expect(await lonely.describe()).toEqual({ name: 'llama-cpp', version: null, available: false });
      await expect(load({ path: fileOf('sound.gguf') }, lonely)).rejects.toMatchObject({
        code: 'ENGINE_NOT_INSTALLED',
        exitCode: 1,
        hint: expect.stringMatching(/: npm install -g node-llama-cpp@/) as string,
      });
    });

    it('says so when the process cannot import it', async () => {
      const dist = new URL('../../dist/', import.meta.url);
      await writeFile(fileOf('package.json'), '{"type": "module"}');
      for (const room of ['core', 'engine', 'system']) {
        await cp(new URL(`${room}/`, dist), fileOf(`elsewhere/${room}`), { recursive: true });
      }
      const lonely = await loadLlamaCppEngine({ childPath: fileOf('elsewhere/engine/llama-cpp-child.js') });
      await expect(load({ path: fileOf('sound.gguf') }, lonely)).rejects.toMatchObject({
        code: 'ENGINE_NOT_INSTALLED',
      });
    });

    it('is described where it is installed', async () => {
      const description = await engine.describe();
      expect(description).toMatchObject({ name: 'llama-cpp', available: true });
    });
  });

  it('does not mind a name with spaces and other scripts', async () => {
    const path = fileOf('modèle ßtück “1”.gguf');
    await copyFile(fileOf('sound.gguf'), path);
    const model = await load({ path });
    expect(model.facts.vocabularySize).toBe(1024);
    await appendFile(path, '');
  });
});
