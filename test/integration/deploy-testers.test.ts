import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/index.ts';
import { NO_GATES, type Gates, type LoadTester } from '../../src/deploy/index.ts';
import { loadServerEngine } from '../../src/engine/index.ts';
import { readMachineDigest } from '../../src/system/index.ts';
import { toCandidate, toRun } from '../fakes/benchmark-run.ts';
import { openDeployBench, type DeployBench } from '../fakes/deploy-bench.ts';
import { fakeServer, lastFlags } from '../fakes/llama-server.ts';
import { soundEngine } from '../fakes/engine.ts';

let bench: DeployBench;

beforeEach(async () => {
  bench = await openDeployBench();
});

afterEach(() => bench.remove());

const command = (text: string, timeoutMs = 20_000): LoadTester => ({
  kind: 'command',
  command: text,
  timeoutMs,
});

async function deploy(version: string, tester: LoadTester, gates: Partial<Gates> = {}) {
  const { path } = await bench.bundle(version);
  const options = { tester, gates: { ...NO_GATES, ...gates } };
  return bench.deploy(path, options, { openServer: loadServerEngine });
}

async function refusalOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.catch((caught: unknown) => caught);
  if (error instanceof Failure) return error;
  throw new Error(`Expected a failure, and got ${String(error)}`);
}

describe('a load test command', () => {
  it('is told what to test, and goes live at exit 0 with the figures that it printed', async () => {
    const seen = join(bench.folder, 'seen');
    const figures =
      '{"tokens_per_second": 20, "time_to_first_token_ms": 90, "engine": "mine", "engine_version": "7"}';
    const tester = command(`test -s "$MILTON_MODEL" && env > '${seen}' && echo '${figures}'`);

    const outcome = await deploy('v1', tester, { minTokensPerSecond: 15, maxFirstTokenMs: 100 });

    expect(outcome).toMatchObject({
      state: 'live',
      record: { load_test_passed: true },
      loadTest: {
        kind: 'external',
        passed: true,
        engine: 'mine',
        engine_version: '7',
        tokens_per_second: 20,
        time_to_first_token_ms: 90,
      },
    });
    const env = await readFile(seen, 'utf8');
    expect(env).toContain('MILTON_VERSION=v1\n');
    expect(env).toContain(`MILTON_SHA256=${outcome.artifactSha256}\n`);
    expect(env).toContain(`MILTON_TARGET=${bench.target}\n`);
    expect(env).toMatch(/^MILTON_MODEL=\/.*\/model\/v1\.gguf$/m);
    expect(env).toMatch(/^MILTON_RELEASE=\/.*\.partial$/m);
    expect(env).toMatch(/^MILTON_CONTEXT=\d+$/m);
    expect(env).toMatch(/^MILTON_TOKENS=4$/m);
  });

  it('refuses with the end of what it printed, and leaves nothing', async () => {
    const failure = await refusalOf(
      deploy('v1', command('echo looked; printf "\\033[1mit drools\\n" >&2; exit 7')),
    );
    expect(failure).toMatchObject({
      code: 'DEPLOY_LOAD_TEST_COMMAND',
      exitCode: 3,
      aftermath: 'unchanged',
      details: { received: 'ended with exit code 7', last_words: ['looked', '\\x1b[1mit drools'] },
    });
    expect(await readdir(join(bench.folder, 'srv/.llm.milton/releases'))).toEqual([]);
  });

  it('is ended at its time limit, with everything that it started', async () => {
    const failure = await refusalOf(deploy('v1', command('sleep 300 & sleep 300', 400)));
    expect(failure.message).toContain('had not ended after 400 ms and was killed');
  });

  it('is refused where it prints figures that cannot be read', async () => {
    const failure = await refusalOf(deploy('v1', command(`echo '{"tokens_per_sec": 9}'`)));
    expect(failure).toMatchObject({ code: 'DEPLOY_LOAD_TEST_FIGURES', exitCode: 3 });
  });

  it('never passes a floor without the figure for it, nor a prompt that it was not asked', async () => {
    const silent = await refusalOf(deploy('v1', command('true'), { minTokensPerSecond: 5 }));
    expect(silent).toMatchObject({ code: 'DEPLOY_GATE_UNTESTED' });
    expect(silent.message).toContain('tokens_per_second');
    const smoke = { prompt: 'Hello', expect: null };
    expect(await refusalOf(deploy('v2', command('true'), { smoke }))).toMatchObject({
      code: 'DEPLOY_GATE_UNTESTED',
    });
    const slow = command(`echo '{"tokens_per_second": 4}'`);
    expect(await refusalOf(deploy('v3', slow, { minTokensPerSecond: 5 }))).toMatchObject({
      code: 'DEPLOY_TOO_SLOW',
    });
  });

  it('is run again on what is live, to hold the new model against it', async () => {
    const script = join(bench.folder, 'speed');
    await writeFile(
      script,
      '#!/bin/sh\ncase "$MILTON_VERSION" in v1) s=10;; *) s=8;; esac\necho "{\\"tokens_per_second\\": $s}"\n',
    );
    await chmod(script, 0o755);
    await deploy('v1', command(script));
    const failure = await refusalOf(deploy('v2', command(script), { minOfLive: 0.9 }));
    expect(failure).toMatchObject({ code: 'DEPLOY_TOO_SLOW' });
    expect(failure.details['expected']).toContain('0.9 of the 10');
  });
});

describe('a llama-server as the load tester', () => {
  it('stands in record, details and journal with its version, and tests the rollback too', async () => {
    const server = await fakeServer(bench.folder);
    const tester: LoadTester = { kind: 'llama-server', path: server.path, flags: ['-fa', 'off'] };
    const seen = { engine: 'llama-server', engine_version: '4321 (abc1234)', engine_flags: ['-fa', 'off'] };
    expect((await deploy('v1', tester)).loadTest).toMatchObject(seen);
    await deploy('v2', tester);
    expect((await bench.journal())[0]?.facts['tester']).toEqual({ ...tester });
    const names = await readdir(bench.state.historyDir);
    const details = names.find((name) => name.startsWith('details_deploy_v1')) ?? '';
    const stored: unknown = JSON.parse(await readFile(join(bench.state.historyDir, details), 'utf8'));
    expect(stored).toMatchObject({ load_test: seen });
    const startsBefore = (await server.log()).length;

    const back = await bench.rollBack({}, { openServer: loadServerEngine });

    expect(back.loadTest).toMatchObject({ kind: 'inference', ...seen });
    expect((await server.log()).length).toBeGreaterThan(startsBefore);
    expect((await lastFlags(server)).at(-1)).toBe('off');
    expect(back.loadTest.note).toContain('-Infinity');
  });

  it('is never replaced by the embedded engine where none can be started', async () => {
    const { path } = await bench.bundle('v1');
    const tester: LoadTester = { kind: 'llama-server', path: '/nowhere', flags: [] };
    expect(await refusalOf(bench.deploy(path, { tester }))).toMatchObject({ code: 'DEPLOY_NO_ENGINE' });
  });

  it('refuses a file that is no llama-server before anything is staged', async () => {
    const server = await fakeServer(bench.folder, 'garbage');
    const tester: LoadTester = { kind: 'llama-server', path: server.path, flags: [] };
    expect(await refusalOf(deploy('v1', tester))).toMatchObject({
      code: 'ENGINE_BINARY_INVALID',
      exitCode: 1,
    });
    expect(await readdir(join(bench.folder, 'srv'))).toEqual([]);
  });
});

describe('a floor relative to the benchmark', () => {
  const engine = soundEngine({ generation: { tokensPerSecond: 10 } });
  const FAKE = { engine: 'fake', engine_version: '1' };

  /** A release made from a run that says this of itself, with 20 tokens/s for the model. */
  async function deployMeasured(milton: Record<string, unknown>, minOfBenchmark: number, viaBundle = false) {
    const candidate = toCandidate('v1', { throughput: 20 });
    const run = { ...toRun([candidate]), milton };
    const input = { ...(await bench.input(await bench.model('m.gguf'), 'v1')), run, candidate };
    const { createBundle } = await import('../../src/bundle/index.ts');
    const origin = viaBundle
      ? { kind: 'bundle' as const, path: (await createBundle({ ...input, outDir: bench.folder })).path }
      : { kind: 'artifact' as const, input };
    return bench.deploy(origin, { gates: { ...NO_GATES, minOfBenchmark } }, { engine });
  }

  it.each([false, true])(
    'holds where machine and engine are the same (through a bundle: %s)',
    async (viaBundle) => {
      const machine_sha256 = await readMachineDigest();
      const slow = await refusalOf(deployMeasured({ machine_sha256, ...FAKE }, 0.8, viaBundle));
      expect(slow).toMatchObject({
        code: 'DEPLOY_TOO_SLOW',
        details: {
          expected: 'at least 16 tokens/s (0.8 of the 20 of the benchmark)',
          received: '10 tokens/s',
        },
      });
      expect(await deployMeasured({ machine_sha256, ...FAKE }, 0.4, viaBundle)).toMatchObject({
        state: 'live',
      });
    },
  );

  it('is refused, and never ignored, where the run names another machine, another engine, or none', async () => {
    const machine_sha256 = await readMachineDigest();
    const reasonOf = async (milton: Record<string, unknown>): Promise<string> => {
      const failure = await refusalOf(deployMeasured(milton, 0.1));
      expect(failure).toMatchObject({
        code: 'DEPLOY_BENCHMARK_ELSEWHERE',
        exitCode: 3,
        aftermath: 'unchanged',
      });
      return failure.message;
    };
    expect(await reasonOf({})).toContain('does not say on which machine');
    expect(await reasonOf({ machine_sha256: 'ab'.repeat(32), ...FAKE })).toContain('another machine');
    expect(await reasonOf({ machine_sha256 })).toContain('another engine');
    expect(await reasonOf({ machine_sha256, ...FAKE, engine_version: '2' })).toContain('another engine');
    expect(await reasonOf({ machine_sha256, ...FAKE, engine_flags: ['-fa', 'on'] })).toContain(
      'another engine',
    );
  });
});
