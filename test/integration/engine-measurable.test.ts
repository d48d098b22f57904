import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  loadLlamaCppEngine,
  type Answer,
  type AnswerRequest,
  type MeasurableModel,
} from '../../src/engine/index.ts';
import { ggufBytes, sampleModel, type GgufModel } from '../../src/gguf/index.ts';

const LIMITS = { memoryBytes: 300e6, wallMs: 60_000 };

let folder = '';
const open: MeasurableModel[] = [];
let model: MeasurableModel;

async function load(name: string, gguf: GgufModel): Promise<MeasurableModel> {
  const path = join(folder, name);
  await writeFile(path, await ggufBytes(gguf));
  const loaded = await (await loadLlamaCppEngine()).load({ path, limits: LIMITS, contextTokens: 512 });
  open.push(loaded);
  return loaded;
}

async function ask(asked: Partial<AnswerRequest>, from = model): Promise<Answer & { readonly text: string }> {
  let text = '';
  const answer = await from.answer(
    {
      prompt: { kind: 'text', text: 'bota beda' },
      maxTokens: 24,
      sampling: { temperature: 0, topP: 1, seed: 1 },
      stop: [],
      ...asked,
    },
    { onText: (piece) => (text += piece) },
  );
  return { ...answer, text };
}

const grammar = (text: string) => ({ constraint: { kind: 'gbnf', grammar: text } as const });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-measurable-'));
  model = await load('sound.gguf', sampleModel());
});

afterAll(async () => {
  await Promise.all(open.map(async (one) => one.close()));
  await rm(folder, { recursive: true, force: true });
});

describe('an answer with a grammar', () => {
  it('follows it, and ends where it is complete', async () => {
    const answer = await ask(grammar('root ::= "Verdict: " ("right" | "wrong")'));
    expect(answer.text).toMatch(/^Verdict: (right|wrong)$/);
    expect(answer.endedBy).toBe('end-of-generation');
  });

  it('says something else without it', async () => {
    expect((await ask({})).text).not.toMatch(/Verdict/);
  });

  it('is the same each time', async () => {
    const asked = grammar('root ::= [a-z ]+ "."? ');
    expect((await ask(asked)).text).toBe((await ask(asked)).text);
  });

  it.each([
    ['no grammar at all', 'this is not a grammar'],
    ['a rule that is not there', 'root ::= missing'],
    ['no root', 'other ::= "a"'],
    ['a rule that begins with itself', 'root ::= root "a"'],
    ['one that never ends a bracket', 'root ::= ( "a"'],
    ['text with a NUL', 'root ::= "a"\0'],
    ['too much text', `root ::= "${'a'.repeat(70_000)}"`],
  ])('refuses %s, and goes on', async (_what, text) => {
    await expect(ask(grammar(text))).rejects.toMatchObject({ code: 'ENGINE_GRAMMAR_INVALID', exitCode: 2 });
    expect((await ask({ maxTokens: 2 })).tokenCount).toBe(2);
  });

  it('survives one that is nested deeper than any parser goes', async () => {
    const deep = await load('deep.gguf', sampleModel());
    const text = `root ::= ${'('.repeat(20_000)}"a"${')'.repeat(20_000)}`;
    const asked = ask({ ...grammar(text), maxTokens: 2 }, deep);
    const code = await asked.then(
      () => 'answered',
      (error: { code?: string }) => error.code,
    );
    // Whether the stack holds out is the machine's affair; it must be told, and only that process may end.
    expect(['answered', 'ENGINE_CRASHED', 'ENGINE_GRAMMAR_INVALID', 'ENGINE_OUT_OF_MEMORY']).toContain(code);
    expect((await ask({ maxTokens: 2 })).tokenCount).toBe(2);
  });
});

describe("llama.cpp's own timings", () => {
  it('are told where they are asked for, for just this answer', async () => {
    const first = await ask({ wantsTimings: true });
    const second = await ask({ wantsTimings: true, maxTokens: 12 });
    for (const { timings, tokenCount, promptTokenCount, totalMs } of [first, second]) {
      expect(timings).toMatchObject({ promptTokens: promptTokenCount, evalTokens: tokenCount - 1 });
      expect(timings?.promptMs).toBeGreaterThan(0);
      expect(timings?.evalMs).toBeGreaterThan(0);
      // Nothing is counted that did not happen in between, to a hundredth of a millisecond for each of the two.
      expect((timings?.promptMs ?? 0) + (timings?.evalMs ?? 0)).toBeLessThanOrEqual(totalMs + 0.02);
    }
    expect([first.tokenCount, second.tokenCount]).toEqual([24, 12]);
  });

  it('are left away where nobody asked', async () => {
    expect(await ask({})).not.toHaveProperty('timings');
  });

  it('do not let the chatter of llama.cpp into the log of a failure', async () => {
    await ask({ wantsTimings: true });
    const failure = await ask(grammar('root ::= missing')).catch((error: unknown) => error);
    expect(JSON.stringify(failure)).not.toContain('perf_context');
  });
});

describe('scoring several continuations', () => {
  const prefix = 'bota beda bija. '.repeat(12);
  const continuations = [
    ' bota',
    ' beda bija bota',
    'bija',
    ' bo',
    'x',
    ' bota',
    '. beda bija bota beda bija bota',
  ];

  it('says of each what scoring it alone says', async () => {
    const together = await model.scoreEach(prefix, continuations);
    expect(together).toHaveLength(continuations.length);
    for (const [index, continuation] of continuations.entries()) {
      const alone = await model.score(prefix, continuation);
      const { logProbability, tokenCount, perToken } = together[index] ?? { perToken: [] };
      expect(tokenCount).toBe(alone.tokenCount);
      expect(Math.abs((logProbability ?? 0) - alone.logProbability)).toBeLessThanOrEqual(1e-6);
      expect(perToken.map(({ token }) => token)).toEqual(alone.perToken.map(({ token }) => token));
    }
  });

  it('leaves nothing behind for the next question', async () => {
    const before = await ask({});
    await model.scoreEach(prefix, continuations);
    expect((await ask({})).text).toBe(before.text);
  });

  it('refuses what cannot be scored alone either', async () => {
    const refused = { code: 'ENGINE_REQUEST_INVALID' };
    await expect(model.scoreEach(prefix, [' bota', ''])).rejects.toMatchObject(refused);
    await expect(model.scoreEach('', ['bota'.repeat(2000)])).rejects.toMatchObject(refused);
    expect(await model.scoreEach(prefix, [])).toEqual([]);
  });

  it('believes no model whose numbers are none', async () => {
    const broken = await load('nan.gguf', sampleModel({ poison: 'nan-logits' }));
    await expect(broken.scoreEach('a', ['b', 'c'])).rejects.toMatchObject({ code: 'ENGINE_LOGITS_INVALID' });
  });
});

describe('what the process has taken', () => {
  it('is told: memory never less than before, time on a processor more', async () => {
    const before = await model.resources();
    await ask({ maxTokens: 200 });
    const after = await model.resources();
    expect(after.peakRssBytes).toBeGreaterThanOrEqual(before.peakRssBytes);
    expect(before.peakRssBytes).toBeGreaterThan(10e6);
    expect(after.cpuMs).toBeGreaterThan(before.cpuMs);
    expect(after.vramBytes).toBeNull();
  });
});
