import { describe, expect, it } from 'vitest';
import { DEFAULT_PROMPTS, fillPrompt } from '../../../src/bench/default-prompts.ts';
import { measureCove } from '../../../src/bench/measure-cove.ts';
import type { CoveCase } from '../../../src/bench/suite.ts';
import { EngineFailure } from '../../../src/engine/index.ts';
import { fakeSubject, strawSubject, type Straw } from '../../fakes/bench-subject.ts';

const CASES: readonly CoveCase[] = Array.from({ length: 24 }, (_, no) => ({
  id: `c${no}`,
  category: ['facts', 'dates', 'arithmetic', 'units', 'code', 'logic'][no % 6] ?? '',
  question: `What is number ${no}?`,
  draft: no % 2 === 0 ? `answer ${no}` : 'something else',
  draftIsRight: no % 2 === 0,
  accepted: [`answer ${no}`],
}));
const OPTIONS = { prompts: DEFAULT_PROMPTS };

async function passRate(kind: Straw): Promise<number> {
  const { results } = await measureCove(strawSubject(kind, { cove: CASES }), CASES, OPTIONS);
  return results.filter(({ passed }) => passed).length / results.length;
}

describe('measureCove', () => {
  it.each(['agrees', 'objects', 'repeats the draft', 'says nothing', 'babbles', 'hedges'] as const)(
    'passes less than 60 %% of the cases of a model that %s',
    async (kind) => {
      expect(await passRate(kind)).toBeLessThan(0.6);
    },
  );

  it('passes all of a model that knows everything', async () => {
    expect(await passRate('knows')).toBe(1);
  });

  it('asks each verification question by itself, without question or draft of the case', async () => {
    const subject = strawSubject('knows', { cove: CASES });
    const [first] = CASES;
    if (first === undefined) throw new Error('There is a case.');
    const { results } = await measureCove(subject, [first], OPTIONS);
    expect(subject.asked).toHaveLength(4);
    const [plan = '', check = '', , final = ''] = subject.asked;
    expect(plan).toContain(first.draft);
    expect(check).toBe('Answer in a few words: Is it so?');
    expect(final).toContain('Checks:\n1. Is it so? some answer\n2. Is it really so? some answer\n');
    expect(results[0]?.checks).toEqual([
      { question: 'Is it so?', answer: 'some answer' },
      { question: 'Is it really so?', answer: 'some answer' },
    ]);
  });

  it('goes on where one case does not fit into the context, and counts it as failed', async () => {
    const straw = strawSubject('knows', { cove: CASES });
    let no = 0;
    const subject = fakeSubject({
      say: async (_prompt, asked) => {
        no += 1;
        if (no === 1) throw new EngineFailure('ENGINE_REQUEST_INVALID', 'The prompt is too long.');
        return (await straw.answer(asked, { maxTokens: 1, temperature: 0, seed: 1, stop: [] })).text;
      },
    });
    const { results } = await measureCove(subject, CASES.slice(0, 3), OPTIONS);
    expect(results.map(({ passed, error }) => [passed, error])).toEqual([
      [false, 'The prompt is too long.'],
      [true, null],
      [true, null],
    ]);
  });

  it('asks in plain text where the model has no chat template, and says so', async () => {
    const subject = fakeSubject({
      say: (_prompt, asked) => {
        if (asked.kind === 'chat') throw new EngineFailure('ENGINE_CHAT_UNSUPPORTED', 'It has no template.');
        return 'Final answer: x\nVerdict: right';
      },
    });
    const { usesChatTemplate } = await measureCove(subject, CASES.slice(0, 2), OPTIONS);
    expect(usesChatTemplate).toBe(false);
    // Only the very first question was tried as a message.
    expect(subject.asked.filter((text) => !text.endsWith('\n'))).toHaveLength(1);
  });

  it('ends between two cases when it is told to, with those that are done', async () => {
    const controller = new AbortController();
    const subject = strawSubject('knows', { cove: CASES });
    const measurement = await measureCove(subject, CASES, {
      ...OPTIONS,
      signal: controller.signal,
      onCase: ({ id }) => {
        if (id === 'c4') controller.abort();
      },
    });
    expect(measurement.results.map(({ id }) => id)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4']);
    expect(measurement.isComplete).toBe(false);
  });

  it('hands on what ends the engine', async () => {
    const subject = fakeSubject({
      say: () => {
        throw new EngineFailure('ENGINE_CRASHED', 'It is gone.');
      },
    });
    await expect(measureCove(subject, CASES, OPTIONS)).rejects.toMatchObject({ code: 'ENGINE_CRASHED' });
  });
});

describe('fillPrompt', () => {
  it('takes no text for a place', () => {
    expect(fillPrompt('{a} {b} {c}', { a: '{b}', b: '$&' })).toBe('{b} $& {c}');
  });
});
