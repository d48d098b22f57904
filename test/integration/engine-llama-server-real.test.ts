/** The contract of the adapter, held by the real thing: `MILTON_LLAMA_SERVER` names a llama-server of this machine. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { initSuite } from '../../src/bench/index.ts';
import {
  loadLlamaCppEngine,
  loadServerEngine,
  type LoadedModel,
  type LoadRequest,
} from '../../src/engine/index.ts';
import { ggufBytes, sampleModel, type GgufModel } from '../../src/gguf/index.ts';
import { bigramModel, logProbabilityOf, type Bigrams } from '../fakes/bigram-model.ts';
import { MAIN } from '../cli/run-milton.ts';

const SERVER = process.env['MILTON_LLAMA_SERVER'] ?? '';
const LIMITS = { memoryBytes: 400e6, wallMs: 60_000 };
const GENERATE = { prompt: 'bota', tokens: 16, banEndOfGeneration: true, checkLogits: true };

describe.skipIf(SERVER === '')('a real llama-server (needs MILTON_LLAMA_SERVER)', () => {
  let folder = '';
  const open: LoadedModel[] = [];

  async function save(name: string, model: GgufModel): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, await ggufBytes(model));
    return path;
  }

  async function load(
    path: string,
    flags: readonly string[] = [],
    request: Partial<LoadRequest> = {},
  ): Promise<LoadedModel> {
    const engine = await loadServerEngine({ path: SERVER, flags });
    const model = await engine.load({ path, limits: LIMITS, ...request });
    open.push(model);
    return model;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'milton-real-server-'));
    await save('sound.gguf', sampleModel({ seed: 3 }));
  });
  afterEach(async () => void (await Promise.all(open.splice(0).map((model) => model.close()))));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('generates what the embedded engine generates, and tokenizes as it does', async () => {
    const path = join(folder, 'sound.gguf');
    const embedded = await (await loadLlamaCppEngine()).load({ path, limits: LIMITS });
    open.push(embedded);
    const model = await load(path, ['-fa', 'off']);

    const [ours, theirs] = [await model.generate(GENERATE), await embedded.generate(GENERATE)];

    expect(ours.tokens).toEqual(theirs.tokens);
    expect(ours).toMatchObject({
      endedBy: 'token-limit',
      tokenCount: 16,
      promptTokenCount: theirs.promptTokenCount,
      logits: { allFinite: true, allEqual: false, stepsChecked: 16 },
    });
    expect(ours.tokensPerSecond).toBeGreaterThan(0);
    expect(await model.tokenize('bota beda')).toEqual(await embedded.tokenize('bota beda'));
    expect(model.facts).toMatchObject({ vocabularySize: 1024, engineFlags: ['-fa', 'off'] });
    expect(model.facts.engineVersion).toMatch(/^\d+ \([0-9a-f]+\)$/);
    expect(model.facts.missingProtections).toEqual([]);
  });

  it('answers the same question the same way, and again after it scored', async () => {
    const model = await load(join(folder, 'sound.gguf'));
    const first = await model.generate(GENERATE);
    const score = await model.score('bota', ' beda bija');
    expect(await model.score('bota', ' beda bija')).toEqual(score);
    expect((await model.generate(GENERATE)).tokens).toEqual(first.tokens);
    await expect(model.generate({ ...GENERATE, prompt: 'ba '.repeat(3000) })).rejects.toMatchObject({
      code: 'ENGINE_REQUEST_INVALID',
    });
  });

  it('scores as log-softmax of the logits, and goes past an end token as told', async () => {
    const size = 320;
    const bigrams: Bigrams = (previous, next) => (next === 2 ? 6 : ((previous * 7 + next * 13) % 101) / 20);
    const model = await load(await save('bigrams.gguf', bigramModel(bigrams, size)));
    const [prefix, continuation] = ['hello', ' world'];
    const tokens = await model.tokenize(prefix + continuation);
    const start = (await model.tokenize(prefix)).length;
    const { perToken, probabilitySum } = await model.score(prefix, continuation);
    perToken.forEach(({ token, logProbability }, index) => {
      expect(token).toBe(tokens[start + index]);
      const expected = logProbabilityOf(bigrams, size, tokens[start + index - 1] ?? 0, token);
      expect(logProbability).toBeCloseTo(expected, 3);
    });
    expect(probabilitySum).toBeCloseTo(1, 4);
    expect(await model.generate({ ...GENERATE, banEndOfGeneration: false })).toMatchObject({
      endedBy: 'end-of-generation',
    });
    expect((await model.generate(GENERATE)).tokenCount).toBe(16);
  });

  it('sees weights that make NaN, and weights that are all zero', async () => {
    const nan = await load(await save('nan.gguf', sampleModel({ poison: 'nan-logits' })));
    expect((await nan.generate(GENERATE)).logits.allFinite).toBe(false);
    await expect(nan.score('a', 'b')).rejects.toMatchObject({ code: 'ENGINE_LOGITS_INVALID' });
    const flat = await load(await save('flat.gguf', sampleModel({ poison: 'flat-logits' })));
    expect((await flat.generate(GENERATE)).logits).toMatchObject({ allFinite: true, allEqual: true });
  });

  it('is refused with its reason where it refuses the file, or a flag', async () => {
    const path = await save('short.gguf', sampleModel({ seed: 4 }));
    await truncate(path, 100_000);
    await expect(load(path)).rejects.toMatchObject({ code: 'ENGINE_LOAD_FAILED' });
    await expect(load(join(folder, 'sound.gguf'), ['--no-such-flag'])).rejects.toMatchObject({
      code: 'ENGINE_FLAG_REFUSED',
    });
  });

  it('load-tests a deployment from end to end, and the rollback after it', async () => {
    const target = join(folder, 'srv', 'llm');
    await mkdir(join(folder, 'srv'));
    const milton = (...args: string[]): Record<string, unknown> => {
      const { stdout } = spawnSync(process.execPath, [MAIN, '--json', ...args], {
        encoding: 'utf8',
        env: { ...process.env, MILTON_STATE_DIR: join(folder, 'state'), NO_COLOR: '1' },
      });
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const engine = ['--engine', 'llama-server', '--engine-path', SERVER, '--', '-fa', 'off'];
    for (const [index, version] of ['v1', 'v2'].entries()) {
      const path = await save(`${version}.gguf`, sampleModel({ seed: 10 + index }));
      milton('models', 'register', version, '--gguf', path);
      expect(milton('deploy', version, '--target-path', target, '--no-bundle', ...engine)).toMatchObject({
        ok: true,
        state: 'live',
        load_test: { kind: 'inference', engine: 'llama-server', engine_flags: ['-fa', 'off'], tokens: 16 },
      });
    }
    expect(milton('rollback', '--target-path', target)).toMatchObject({
      ok: true,
      load_test: { kind: 'inference', engine: 'llama-server', engine_flags: ['-fa', 'off'] },
    });
  });

  it('is asked over its own API, streamed and with its own times, and says so where it ends meanwhile', async () => {
    const path = join(folder, 'sound.gguf');
    const engine = await loadServerEngine({ path: SERVER, flags: ['-fa', 'off'] });
    const { subject, facts, resources, close } = await engine.subject({ path, limits: LIMITS });
    try {
      expect(subject.engine).toEqual({
        name: 'llama-server',
        version: (await engine.describe()).version,
        flags: ['-fa', 'off'],
      });
      const ask = { maxTokens: 8, temperature: 0, seed: 1, stop: [] };
      const answer = await subject.answer({ kind: 'text', text: 'bota' }, ask);
      expect(answer).toMatchObject({ tokenCount: 8, timings: { evalTokens: 7 } });
      expect(await subject.scoreEach?.('bota', [' beda'])).toHaveLength(1);
      const { peakRssBytes, vramBytes, cpuMs } = await resources();
      expect({ vramBytes, isLarge: peakRssBytes > 1e6, hasWorked: cpuMs > 0 }).toEqual({
        vramBytes: null,
        isLarge: true,
        hasWorked: true,
      });
      expect(facts.threads).toBeGreaterThan(0);
      await subject.confirm();
      process.kill(pidOf(path), 'SIGKILL');
      await expect(subject.answer({ kind: 'text', text: 'bota' }, ask)).rejects.toMatchObject({
        code: 'ENGINE_CRASHED',
      });
    } finally {
      await close();
    }
  });

  it('benchmarks registered models from end to end, and not twice', async () => {
    const path = join(folder, 'sound.gguf');
    const suite = join(folder, 'suite');
    await initSuite(suite);
    await writeFile(join(suite, 'speed.json'), JSON.stringify({ prompts: [{ id: 'p', prompt: 'bota' }] }));
    const milton = (...args: string[]): Record<string, unknown> => {
      const { stdout } = spawnSync(process.execPath, [MAIN, '--json', ...args], {
        encoding: 'utf8',
        env: { ...process.env, MILTON_STATE_DIR: join(folder, 'bench-state'), NO_COLOR: '1' },
      });
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    milton('models', 'register', 'v1', '--gguf', path);
    const args = [
      'bench',
      '--suite',
      suite,
      '--engine',
      'llama-server',
      '--engine-path',
      SERVER,
      '--',
      '-fa',
      'off',
    ];
    const first = milton(...args);
    const ok = { status: 'ok' };
    const metrics = {
      latency_ms: ok,
      tokens_per_sec: ok,
      peak_ram_mb: ok,
      cove_pass_rate: ok,
      retrieval_score: ok,
    };
    expect(first).toMatchObject({ ok: true, candidates: [{ metrics, carried_over: null }] });
    expect(milton(...args)).toMatchObject({
      ok: true,
      candidates: [{ metrics, carried_over: first['run_id'] }],
    });
  });
});

/** The process whose command line names the file. */
function pidOf(path: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      return words.includes('--model') && words.includes(path);
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error('It does not run.');
  return Number(found);
}
