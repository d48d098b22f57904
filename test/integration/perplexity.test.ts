/** Scoring by a real model, and what quantizing costs it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  loadLlamaCppEngine,
  measurePerplexity,
  perplexityRatio,
  type LlamaCppModel,
  type Perplexity,
} from '../../src/engine/index.ts';
import { ggufBytes } from '../../src/gguf/index.ts';
import { convertHf, quantizeGguf, type QuantizationType } from '../../src/quantize/index.ts';
import { bigramModel } from '../fakes/bigram-model.ts';
import { syllableBigrams, syllableText, SYLLABLE_VOCABULARY } from '../fakes/syllable-language.ts';
import { familyPath, readExpected } from '../fakes/reference-model.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-perplexity-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function withModel<T>(path: string, use: (model: LlamaCppModel) => Promise<T>): Promise<T> {
  const engine = await loadLlamaCppEngine();
  const model = await engine.load({ path, limits: { memoryBytes: 500e6, wallMs: 60_000 } });
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

/** Float weights that know the text: here a language that can be computed by hand. */
async function knowingModel(): Promise<{ readonly path: string; readonly text: string }> {
  const path = join(folder, 'knowing.gguf');
  await writeFile(path, await ggufBytes(bigramModel(syllableBigrams, SYLLABLE_VOCABULARY)));
  return { path, text: syllableText(600) };
}

describe('scoreTokens of llama.cpp', () => {
  it('gives each token the log-probability that PyTorch computed over the whole vocabulary', async () => {
    const path = join(folder, 'llama.gguf');
    await convertHf(familyPath('llama'), { outPath: path });
    const { ids, log_probabilities: expected } = await readExpected('llama');
    const { perToken, probabilitySum } = await withModel(path, (model) =>
      model.scoreTokens(ids, { from: 1 }),
    );
    expect(perToken.map(({ token }) => token)).toEqual(ids.slice(1));
    const differences = perToken.map(({ token, logProbability }, place) =>
      Math.abs(logProbability - (expected[place]?.[token] ?? Infinity)),
    );
    // The keys and values of the context are in F16: 0.007 was seen, and 1e-5 with F32. From token to token it is up to 8.
    expect(Math.max(...differences)).toBeLessThan(0.02);
    expect(probabilitySum).toBeCloseTo(1, 4);
  });
});

describe('the perplexity of a model that knows the text', () => {
  const measured = new Map<QuantizationType, Perplexity>();
  const ratio = (type: QuantizationType): number =>
    perplexityRatio(measured.get(type) as Perplexity, measured.get('F16') as Perplexity).ratio;

  beforeAll(async () => {
    const { path, text } = await knowingModel();
    for (const type of ['F16', 'Q8_0', 'Q4_0'] satisfies QuantizationType[]) {
      const outPath = join(folder, `${type}.gguf`);
      await quantizeGguf(path, { type, outPath });
      const options = { windowTokens: 64 };
      measured.set(type, await withModel(outPath, (model) => measurePerplexity(model, text, options)));
    }
  }, 120_000);

  it('is far below that of guessing', () => {
    expect(measured.get('F16')?.perplexity).toBeGreaterThan(1);
    expect(measured.get('F16')?.perplexity).toBeLessThan(SYLLABLE_VOCABULARY / 10);
  });

  it('is hardly changed by eight bits, and not much by four', () => {
    expect(Math.abs(ratio('Q8_0') - 1)).toBeLessThan(0.01);
    expect(Math.abs(ratio('Q4_0') - 1)).toBeLessThan(0.25);
  });
});
