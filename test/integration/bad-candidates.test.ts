/** A bad model never reaches the server: it is refused in time, and whoever uses the old one notices nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeployOptions } from '../../src/deploy/index.ts';
import { NO_GATES } from '../../src/deploy/gates.ts';
import { loadLlamaCppEngine, type Engine } from '../../src/engine/index.ts';
import type { SampleModelOptions } from '../../src/gguf/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';
import { openServedTarget, type ServedTarget } from '../fakes/served-target.ts';
import { startSteadyClient } from '../fakes/steady-client.ts';

const LOAD_TEST_TIMEOUT_MS = 20_000;

interface BadCandidate {
  readonly code: string;
  readonly message: RegExp;
  readonly model?: SampleModelOptions;
  /** How llama.cpp's process behaves, where no file makes it do so on demand. */
  readonly process?: 'aborts' | 'hangs' | 'allocates';
  readonly options?: Partial<DeployOptions>;
}

const BAD: Readonly<Record<string, BadCandidate>> = {
  'crashes the engine': { code: 'ENGINE_CRASHED', message: /SIGABRT/, process: 'aborts' },
  'hangs it': {
    code: 'ENGINE_TIMED_OUT',
    message: /1\.5 s|1500 ms|within/,
    process: 'hangs',
    options: { loadTestTimeoutMs: 1500 },
  },
  'exhausts the memory': { code: 'ENGINE_OUT_OF_MEMORY', message: /memory/, process: 'allocates' },
  'computes what is no number': {
    code: 'DEPLOY_LOAD_TEST_FAILED',
    message: /finite|number/,
    model: { poison: 'nan-logits' },
  },
  'finds every token equally likely': {
    code: 'DEPLOY_LOAD_TEST_FAILED',
    message: /equal/,
    model: { poison: 'flat-logits' },
  },
  'is slower than the floor': {
    code: 'DEPLOY_TOO_SLOW',
    message: /too slowly/,
    options: { gates: { ...NO_GATES, minTokensPerSecond: 1e9 } },
  },
};

let bench: DeployBench;
let server: ServedTarget;

beforeEach(async () => {
  bench = await openDeployBench({ engine: await loadLlamaCppEngine() });
  server = await openServedTarget(bench.folder, bench.target);
});

afterEach(async () => {
  await server.stop();
  await bench.remove();
});

/** The engine, with a process that misbehaves as told. */
async function misbehaving(how: string): Promise<Engine> {
  const childPath = join(bench.folder, `stand-in.${how}.mjs`);
  await copyFile(fileURLToPath(new URL('../fixtures/engine/stand-in.mjs', import.meta.url)), childPath);
  return loadLlamaCppEngine({ childPath });
}

/** Processes that somebody in this folder's name still runs: by their command line. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^[0-9]+$/.test(name) || Number(name) === process.pid) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  });
}

describe('a candidate that', () => {
  it.each(Object.entries(BAD))('%s is refused, and nobody notices', async (_what, bad) => {
    const first = await bench.bundle('v1');
    await bench.deploy(first.path, { service: server.service });
    const before = { link: await readlink(bench.target), processes: processesOf(bench.folder) };
    const { path } = await bench.bundle('v2', bad.model);
    const tree = await readTree(join(bench.folder, 'srv', '.llm.milton', 'releases'));
    const engine = bad.process === undefined ? {} : { engine: await misbehaving(bad.process) };
    const client = startSteadyClient(server.url);

    const refusal = bench.deploy(
      path,
      { service: server.service, loadTestTimeoutMs: LOAD_TEST_TIMEOUT_MS, ...bad.options },
      engine,
    );
    await expect(refusal).rejects.toMatchObject({
      code: bad.code,
      exitCode: 3,
      message: expect.stringMatching(bad.message) as string,
    });

    const report = await client.stop();
    expect(report).toMatchObject({ failures: [], versions: ['v1'] });
    expect(report.answers).toBeGreaterThan(0);
    expect(report.streams).toBeGreaterThan(0);
    expect(await readlink(bench.target)).toBe(before.link);
    expect(await readTree(join(bench.folder, 'srv', '.llm.milton', 'releases'))).toEqual(tree);
    expect(await server.restarts()).toBe(1);
    expect(processesOf(bench.folder)).toEqual(before.processes);
  });

  it('is sound goes live, and the same client sees its server restart: it would have noticed', async () => {
    await bench.deploy((await bench.bundle('v1')).path, { service: server.service });
    const client = startSteadyClient(server.url);
    await bench.deploy((await bench.bundle('v2')).path, { service: server.service });

    const report = await client.stop();
    expect(report.versions).toContain('v2');
    // A server that is ended by its restart command cuts its streams: the client does see such things.
    expect(report.failures).not.toEqual([]);
  });
});
