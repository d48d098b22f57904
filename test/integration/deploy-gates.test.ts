import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/index.ts';
import { NO_GATES, type Gates } from '../../src/deploy/index.ts';
import type { Generation } from '../../src/engine/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';
import { soundEngine } from '../fakes/engine.ts';

let bench: DeployBench;

beforeEach(async () => {
  bench = await openDeployBench();
});

afterEach(() => bench.remove());

async function deploy(version: string, gates: Partial<Gates>, generation: Partial<Generation> = {}) {
  const { path } = await bench.bundle(version);
  const engine = soundEngine({ generation });
  return bench.deploy(path, { gates: { ...NO_GATES, ...gates } }, { engine });
}

async function refusalOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.catch((caught: unknown) => caught);
  if (error instanceof Failure) return error;
  throw new Error(`Expected a failure, and got ${String(error)}`);
}

describe('a deployment with floors', () => {
  it('refuses a model that generates too slowly, with both figures, and leaves nothing', async () => {
    await deploy('v1', {});
    const before = await readTree(`${bench.folder}/srv/.llm.milton/releases`);

    const failure = await refusalOf(deploy('v2', { minTokensPerSecond: 12 }, { tokensPerSecond: 10 }));

    expect(failure).toMatchObject({
      code: 'DEPLOY_TOO_SLOW',
      exitCode: 3,
      aftermath: 'unchanged',
      details: { expected: 'at least 12 tokens/s', received: '10 tokens/s' },
    });
    expect(await readTree(`${bench.folder}/srv/.llm.milton/releases`)).toEqual(before);
  });

  it('refuses a model whose first token comes too late', async () => {
    const failure = await refusalOf(deploy('v1', { maxFirstTokenMs: 100 }, { timeToFirstTokenMs: 150 }));

    expect(failure).toMatchObject({
      code: 'DEPLOY_TOO_SLOW',
      details: { expected: 'at most 100 ms', received: '150 ms' },
    });
  });

  it('lets a model pass that meets every floor', async () => {
    const gates = { minTokensPerSecond: 10, maxFirstTokenMs: 1 };
    expect(await deploy('v1', gates)).toMatchObject({ state: 'live' });
  });
});

describe('a floor relative to what is live', () => {
  it('refuses a model below the share, and takes one above it', async () => {
    await deploy('v1', {}, { tokensPerSecond: 100 });

    const failure = await refusalOf(deploy('v2', { minOfLive: 0.9 }, { tokensPerSecond: 80 }));
    expect(failure).toMatchObject({ code: 'DEPLOY_TOO_SLOW' });
    expect(failure.details['expected']).toContain('at least 90 tokens/s (0.9 of the 100');

    expect(await deploy('v3', { minOfLive: 0.9 }, { tokensPerSecond: 95 })).toMatchObject({ state: 'live' });
  });

  it('measures what is live again where it was measured in another way', async () => {
    const { path } = await bench.bundle('v1');
    await bench.deploy(
      path,
      { loadTestTokens: 8 },
      { engine: soundEngine({ generation: { tokensPerSecond: 1 } }) },
    );

    // The same engine measures both now, so that they are equal: the old figure would have let anything pass.
    const next = deploy('v2', { minOfLive: 1.5 }, { tokensPerSecond: 100 });

    expect(await refusalOf(next)).toMatchObject({ code: 'DEPLOY_TOO_SLOW' });
  });

  it('says that there was nothing to compare with on a first deployment', async () => {
    const outcome = await deploy('v1', { minOfLive: 0.9 });
    expect(outcome.warnings.map(({ code }) => code)).toContain('DEPLOY_NOTHING_TO_COMPARE');
  });
});

describe('a smoke prompt', () => {
  const smoke = { prompt: 'The capital of France is', expect: 'Paris' };

  it('refuses a model that answers something else, and shows the answer', async () => {
    const failure = await refusalOf(deploy('v1', { smoke }, { text: 'a \u001b[31mfish' }));
    expect(failure).toMatchObject({
      code: 'DEPLOY_SMOKE_FAILED',
      exitCode: 3,
      details: { expected: 'text that matches /Paris/', received: 'a \\x1b[31mfish' },
    });
  });

  it('keeps the answer of a model that passes', async () => {
    const outcome = await deploy('v1', { smoke }, { text: ' Paris.' });
    expect(outcome.loadTest.smoke_answer).toBe(' Paris.');
  });

  it('is never passed over in silence', async () => {
    const { path } = await bench.bundle('v1');
    const failure = await refusalOf(
      bench.deploy(path, { skipLoadTest: true, gates: { ...NO_GATES, smoke } }),
    );
    expect(failure).toMatchObject({ code: 'DEPLOY_GATE_UNTESTED', exitCode: 3 });
  });
});
