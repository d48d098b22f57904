import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CoreFailure, Failure } from '../../src/core/index.ts';
import { loadServerEngine, type LoadedModel, type LoadRequest } from '../../src/engine/index.ts';
import { fakeServer, lastFlags, type FakeServer } from '../fakes/llama-server.ts';

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
  vi.unstubAllEnvs();
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

async function load(
  server: Pick<FakeServer, 'path'>,
  request: Partial<LoadRequest> = {},
  flags: readonly string[] = [],
): Promise<LoadedModel> {
  const engine = await loadServerEngine({ path: server.path, flags });
  const model = await engine.load({ path: modelPath, limits: LIMITS, ...request });
  open.push(model);
  return model;
}

async function refusalOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.catch((caught: unknown) => caught);
  if (error instanceof Failure) return error;
  throw new Error(`Expected a failure, and got ${String(error)}`);
}

describe('a llama-server as the engine', () => {
  it('is started on loopback with the model, and with what it is given behind ours', async () => {
    const server = await fakeServer(folder);
    await load(server, { contextTokens: 256, threads: 2 }, ['-fa', 'off']);

    const flags = await lastFlags(server);
    const valueOf = (flag: string): string | undefined => flags[flags.indexOf(flag) + 1];
    expect(valueOf('--model')).toBe(modelPath);
    expect(valueOf('--host')).toBe('127.0.0.1');
    expect(valueOf('--ctx-size')).toBe('256');
    expect(valueOf('--threads')).toBe('2');
    expect(valueOf('--n-gpu-layers')).toBe('0');
    expect(flags.slice(-2)).toEqual(['-fa', 'off']);
    // Its help names the one and not the other.
    expect(flags).toContain('--offline');
    expect(flags).not.toContain('--no-webui');
  });

  it('sees no variable that llama.cpp would take for a flag', async () => {
    vi.stubEnv('LLAMA_ARG_HF_REPO', 'somebody/model');
    vi.stubEnv('HF_TOKEN', 'secret');
    const server = await fakeServer(folder);
    await load(server);
    const [start] = await server.log();
    expect(start).toMatchObject({ environment: [] });
  });

  it('tells its version, its flags and what it holds', async () => {
    const server = await fakeServer(folder);
    const engine = await loadServerEngine({ path: server.path });
    expect(await engine.describe()).toEqual({
      name: 'llama-server',
      version: '4321 (abc1234)',
      available: true,
    });
    const { facts } = await load(server, { contextTokens: 256 }, ['-t', '3']);
    expect(facts).toMatchObject({
      vocabularySize: 100,
      contextTokens: 256,
      engineVersion: '4321 (abc1234)',
      engineFlags: ['-t', '3'],
      threads: 3,
      deviceName: 'cpu',
    });
    expect(facts.peakRssBytes).toBeGreaterThan(1e6);
  });

  it('generates greedily from an empty context, and measures without asking for probabilities', async () => {
    const server = await fakeServer(folder);
    const model = await load(server);
    const generation = await model.generate(GENERATE);

    expect(generation).toMatchObject({
      tokens: [0, 7, 14, 21, 28, 35, 42, 49],
      tokenCount: 8,
      promptTokenCount: 5,
      endedBy: 'token-limit',
      timeToFirstTokenMs: 2.5,
      logits: { allFinite: true, allEqual: false, stepsChecked: 8 },
      repeated: false,
    });
    // Seven tokens after the first, in the three quarters of a millisecond that the server says.
    expect(generation.tokensPerSecond).toBeCloseTo(7000 / 0.75, 3);
    const asked = (await server.log()).filter((entry) => 'page' in entry).map(({ body }) => body);
    expect(asked).toMatchObject([
      { n_probs: 0, n_predict: 8, temperature: 0, top_k: 1, ignore_eos: true, cache_prompt: false },
      { n_probs: 10, n_predict: 8, temperature: 0, top_k: 1, ignore_eos: true, cache_prompt: false },
    ]);
  });

  it('says what it cannot see', async () => {
    const { logits } = await (await load(await fakeServer(folder))).generate(GENERATE);
    expect(logits.unchecked).toContain('-Infinity');
  });

  it('finds NaN in probabilities, and vocabularies that are equally likely', async () => {
    const broken = await (await load(await fakeServer(folder, 'nan'))).generate(GENERATE);
    expect(broken).toMatchObject({ endedBy: 'logits-not-finite', logits: { allFinite: false } });
    const constant = await (await load(await fakeServer(folder, 'equal'))).generate(GENERATE);
    expect(constant.logits).toMatchObject({ allFinite: true, allEqual: true });
  });

  it('does not believe a clock that claims more time than passed', async () => {
    const { tokensPerSecond } = await (await load(await fakeServer(folder, 'boastful'))).generate(GENERATE);
    // Seven tokens in an hour would be two thousandths.
    expect(tokensPerSecond).toBeGreaterThan(0.1);
  });

  it('tokenizes, and scores a text by what it says comes next', async () => {
    const server = await fakeServer(folder);
    const model = await load(server);
    expect(await model.tokenize('ab')).toEqual([1, 97, 98]);

    const score = await model.score('a', 'bc');

    const sum = Array.from({ length: 100 }, (_, id) => 1 / (id + 1)).reduce((a, b) => a + b, 0);
    const expected = Math.log(1 / 99 / sum) + Math.log(1 / 100 / sum);
    expect(score.logProbability).toBeCloseTo(expected, 9);
    expect(score.tokenCount).toBe(2);
    expect(score.probabilitySum).toBeCloseTo(1, 9);
  });

  it('refuses to score what has no probability, with the codes of the embedded engine', async () => {
    const model = await load(await fakeServer(folder));
    expect(await refusalOf(model.score('a', ''))).toMatchObject({ code: 'ENGINE_REQUEST_INVALID' });
    const broken = await load(await fakeServer(folder, 'nan'));
    expect(await refusalOf(broken.score('a', 'b'))).toMatchObject({ code: 'ENGINE_LOGITS_INVALID' });
  });

  it('answers one question after the other, and none once it is closed', async () => {
    const model = await load(await fakeServer(folder));
    const [first, second] = await Promise.all([model.generate(GENERATE), model.tokenize('ab')]);
    expect([first.tokenCount, second.length]).toEqual([8, 3]);
    await model.close();
    await model.close();
    expect(await refusalOf(model.tokenize('ab'))).toMatchObject({ code: 'ENGINE_CLOSED' });
  });

  it('takes another port where the one that was free is taken', async () => {
    const server = await fakeServer(folder, 'clash');
    await load(server);
    const ports = (await server.log()).flatMap((entry) =>
      'args' in entry ? [entry.args[entry.args.indexOf('--port') + 1]] : [],
    );
    expect(ports).toHaveLength(2);
  });

  it('gives up on a server that finds every port taken', async () => {
    const failure = await refusalOf(load(await fakeServer(folder, 'clashing')));
    expect(failure).toMatchObject({ code: 'ENGINE_CRASHED', message: expect.stringContaining('5 ports') });
  });

  it('ends the server where the work is interrupted', async () => {
    const control = new AbortController();
    const model = await load(await fakeServer(folder, 'hang'), { signal: control.signal });
    const asked = refusalOf(model.generate(GENERATE));
    control.abort();
    const failure = await asked;
    expect(failure).toBeInstanceOf(CoreFailure);
    expect(failure).toMatchObject({ code: 'CORE_INTERRUPTED' });
  });
});
