import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  initSuite,
  loadSuite,
  measureCandidate,
  probeSpeed,
  toSubject,
  type BenchSubject,
  type CandidateMeasurement,
  type Suite,
} from '../../src/bench/index.ts';
import { loadLlamaCppEngine, type LoadedModel } from '../../src/engine/index.ts';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';

const LIMITS = { memoryBytes: 300e6, wallMs: 60_000 };

let folder = '';
let suite: Suite;
let subject: BenchSubject;
let close: () => Promise<void>;
let measurement: CandidateMeasurement;

async function open(name: string): Promise<{ subject: BenchSubject; model: LoadedModel }> {
  const path = join(folder, name);
  await writeFile(path, await ggufBytes(sampleModel()));
  const engine = await loadLlamaCppEngine();
  const model = await engine.load({ path, limits: LIMITS, contextTokens: 512 });
  return { model, subject: toSubject(model, { engineName: engine.name }) };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-bench-'));
  await initSuite(join(folder, 'suite'));
  const loaded = (await loadSuite(join(folder, 'suite'))).suite;
  // A model that knows nothing talks until it is stopped.
  suite = {
    ...loaded,
    speed: loaded.speed.slice(0, 2).map((prompt) => ({ ...prompt, maxTokens: 12 })),
    cove: loaded.cove.slice(0, 2),
  };
  const opened = await open('random.gguf');
  subject = opened.subject;
  close = () => opened.model.close();
  measurement = await measureCandidate(subject, suite, { rounds: { max: 6 }, threads: 1 });
});

afterAll(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

describe('measuring a model by real inference', () => {
  it('gives every metric a value', () => {
    const { metrics, outcome } = measurement;
    expect(outcome).toBe('complete');
    expect(Object.values(metrics).map(({ status }) => status)).toEqual([
      'ok',
      'ok',
      'ok',
      // No memory of a GPU on a processor.
      'skipped',
      'ok',
      'ok',
    ]);
    expect(metrics.peak_ram_mb.value).toBeGreaterThan(10);
  });

  it("has llama.cpp's own speed, our own beside it, and what lies between them", () => {
    const { metadata } = measurement.metrics.tokens_per_sec;
    expect(metadata).toMatchObject({
      source: 'llama.cpp',
      wall_clock: { count: 12 },
      prompt_tokens_per_sec: { count: 12 },
      difference_per_token_us: expect.any(Number) as number,
    });
    // It takes longer to give a token out than to compute it.
    expect(metadata['difference_per_token_us']).toBeGreaterThan(0);
  });

  it('asks through the chat template, and holds the answers to the form', () => {
    const { metadata } = measurement.metrics.cove_pass_rate;
    expect(metadata).toMatchObject({ chat_template: true, constrained: true, count: 2, passed: 0 });
    // Numbered questions, although the model knows no words.
    expect(metadata['cases']).toEqual(
      Array.from({ length: 2 }, () => expect.objectContaining({ checks: [expect.anything()] }) as unknown),
    );
  });

  it('answers and ranks the same again', async () => {
    const again = await measureCandidate(subject, suite, { rounds: { max: 1, min: 1 } });
    for (const name of ['cove_pass_rate', 'retrieval_score'] as const) {
      expect(again.metrics[name]).toEqual(measurement.metrics[name]);
    }
  });

  it('is known beforehand from twenty tokens', async () => {
    const probe = await probeSpeed(subject, suite);
    expect(probe.tokensPerSecond).toBeGreaterThan(0);
    expect(probe.promptTokensPerSecond).toBeGreaterThan(0);
  });

  it('tells the reason in every metric of a model that is gone', async () => {
    const { subject: gone, model } = await open('gone.gguf');
    await model.close();
    const { metrics, outcome, failure } = await measureCandidate(gone, suite);
    expect([outcome, failure?.code]).toEqual(['failed', 'ENGINE_CLOSED']);
    expect(metrics.latency_ms).toMatchObject({ status: 'error', metadata: { code: 'ENGINE_CLOSED' } });
    expect(metrics.retrieval_score.status).toBe('error');
    expect(metrics.peak_ram_mb.status).toBe('skipped');
  });
});
