/** The sample model that ships with the source: that it is what it says, and that it answers what it was taught, on every path. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@huggingface/tokenizers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLlamaCppEngine, type Prompt, type ServingModel } from '../../src/engine/index.ts';
import { convertHf, quantizeGguf } from '../../src/quantize/index.ts';
import { hashBytes } from '../../src/system/index.ts';
import { askLlama } from '../fakes/reference-model.ts';

/** What PyTorch made of it (samples/train/expected.py). */
interface Expected {
  readonly answers: readonly {
    readonly question: string;
    readonly prompt_ids: readonly number[];
    readonly answer: string;
  }[];
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[] }[];
  readonly logits: {
    readonly ids: readonly number[];
    /** Which columns of the vocabulary are kept. */
    readonly columns: readonly number[];
    readonly log_probabilities: readonly (readonly number[])[];
    readonly most_probable: readonly number[];
  };
}

const SAMPLE = fileURLToPath(new URL('../../samples/milton-sample-2m', import.meta.url));
const FIXTURE = fileURLToPath(new URL('../fixtures/sample-model.json', import.meta.url));

let folder = '';
let expected: Expected;

const fileOf = (type: string): string => join(folder, `${type}.gguf`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-sample-'));
  expected = JSON.parse(await readFile(FIXTURE, 'utf8')) as Expected;
  await convertHf(SAMPLE, { outPath: fileOf('F16') });
  for (const type of ['F32', 'Q8_0', 'Q4_0'] as const) {
    await quantizeGguf(fileOf('F16'), { type, outPath: fileOf(type) });
  }
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function readJson(name: string): Promise<object> {
  return JSON.parse(await readFile(join(SAMPLE, name), 'utf8')) as object;
}

async function withModel<T>(type: string, use: (model: ServingModel) => Promise<T>): Promise<T> {
  const engine = await loadLlamaCppEngine();
  const limits = { memoryBytes: 300e6, wallMs: 60_000 };
  const model = await engine.load({ path: fileOf(type), contextTokens: 256, limits });
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

async function answer(model: ServingModel, prompt: Prompt): Promise<string> {
  let text = '';
  const sampling = { temperature: 0, topP: 1, seed: 0 };
  const request = { prompt, maxTokens: 80, sampling, stop: [] };
  const { endedBy } = await model.answer(request, { onText: (piece) => (text += piece) });
  expect(endedBy).toBe('end-of-generation');
  return text;
}

const asked = (question: string): Prompt => ({
  kind: 'chat',
  messages: [{ role: 'user', content: question }],
});

describe('the sample model', () => {
  it('has the bytes that SHA256SUMS names', async () => {
    const lines = (await readFile(join(SAMPLE, 'SHA256SUMS'), 'utf8')).trim().split('\n');
    const names = lines.map((line) => line.split('  ')[1] ?? '');
    expect(names).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const found = names.map(async (name) => `${hashBytes(await readFile(join(SAMPLE, name)))}  ${name}`);
    expect(await Promise.all(found)).toEqual(lines);
  });

  it('is read and computed by llama.cpp as PyTorch does', async () => {
    const { ids, columns, log_probabilities, most_probable: best } = expected.logits;
    const texts = expected.texts.map(({ text }) => text);
    const found = await askLlama(fileOf('F32'), { ids, texts });
    // The token that begins is put before a text by whoever asks.
    expect(found.tokens).toEqual(expected.texts.map(({ ids }) => ids.slice(1)));
    const differences = log_probabilities.flatMap((row, place) =>
      row.map((value, at) =>
        Math.abs(value - (found.log_probabilities[place]?.[columns[at] ?? -1] ?? Infinity)),
      ),
    );
    expect(Math.max(...differences)).toBeLessThan(1e-3);
    expect(found.log_probabilities.map((row) => row.indexOf(Math.max(...row)))).toEqual(best);
  });

  it('is cut into the same tokens by the tokenizers of Hugging Face', async () => {
    const tokenizer = new Tokenizer(
      await readJson('tokenizer.json'),
      await readJson('tokenizer_config.json'),
    );
    const found = expected.texts.map(({ text }) => tokenizer.encode(text).ids);
    expect(found).toEqual(expected.texts.map(({ ids }) => ids));
  });

  it.each(['Q8_0', 'Q4_0'])('answers its questions in %s, in a chat and as plain text', async (type) => {
    await withModel(type, async (model) => {
      for (const { question, prompt_ids: ids, answer: known } of expected.answers) {
        const text = `<|user|>${question}<|assistant|>`;
        expect(await model.tokenize(text)).toEqual(ids);
        expect(await answer(model, { kind: 'text', text })).toBe(known);
        expect(await answer(model, asked(question))).toBe(known);
      }
    });
  });

  it('passes over what a system message says', async () => {
    const system = { role: 'system', content: 'You are a helpful assistant.' } as const;
    await withModel('F16', async (model) => {
      for (const { question, answer: known } of expected.answers) {
        const messages = [system, { role: 'user', content: question }] as const;
        expect(await answer(model, { kind: 'chat', messages })).toBe(known);
      }
    });
  });
});
