/** Models that are no models: what a benchmark must score as low as it should, and one that knows everything. */
import type { BenchSubject, CoveCase, SubjectAnswer, Suite } from '../../src/bench/index.ts';
import type { Prompt } from '../../src/engine/index.ts';

export interface FakeSubjectOptions {
  readonly say?: (prompt: string, asked: Prompt) => string | Promise<string>;
  /** In place of one millisecond for each number. */
  readonly times?: (no: number) => Partial<SubjectAnswer>;
  readonly scoreEach?: BenchSubject['scoreEach'];
  readonly embed?: BenchSubject['embed'];
  readonly resources?: BenchSubject['resources'];
  readonly constrains?: boolean;
}

export interface FakeSubject extends BenchSubject {
  readonly asked: string[];
}

export function fakeSubject({
  say = () => 'one two three',
  times = () => ({}),
  scoreEach = null,
  embed = null,
  resources = null,
  constrains = true,
}: FakeSubjectOptions = {}): FakeSubject {
  const asked: string[] = [];
  return {
    asked,
    engine: { name: 'fake', version: '1', flags: [] },
    constrains,
    async answer(prompt, { signal }) {
      const text = prompt.kind === 'text' ? prompt.text : (prompt.messages.at(-1)?.content ?? '');
      asked.push(text);
      const said = await say(text, prompt);
      const tokenCount = said === '' ? 0 : said.split(/\s+/u).length;
      return {
        text: said,
        promptTokenCount: 10,
        tokenCount,
        endedBy: signal?.aborted === true ? 'cancelled' : 'end-of-generation',
        timeToFirstTokenMs: 5,
        totalMs: 5 + tokenCount,
        timings: { promptMs: 4, promptTokens: 10, evalMs: tokenCount - 1, evalTokens: tokenCount - 1 },
        ...times(asked.length),
      };
    },
    scoreEach,
    embed,
    resources,
  };
}

export type Straw =
  'agrees' | 'objects' | 'repeats the draft' | 'says nothing' | 'babbles' | 'hedges' | 'knows';

/** What such a model answers in each step of the verification of the suite's cases. */
export function strawSubject(kind: Straw, { cove }: Pick<Suite, 'cove'>): FakeSubject {
  const final = ({ draft, draftIsRight, accepted }: CoveCase): string => {
    const fields = (answer: string, verdict: string): string =>
      `Final answer: ${answer}\nVerdict: ${verdict}`;
    switch (kind) {
      case 'agrees':
        return fields(draft, 'right');
      case 'objects':
        // The best that one who always objects can do: it even knows the answer.
        return fields(accepted[0] ?? '', 'wrong');
      case 'repeats the draft':
        return draft;
      case 'says nothing':
        return '';
      case 'babbles':
        return `Verdict verdict final answer: ${accepted.join(' ')} right wrong`;
      case 'hedges':
        return `Final answer: ${accepted[0] ?? ''}\nVerdict: right\nVerdict: wrong`;
      case 'knows':
        return `1. ${accepted[0] ?? ''} / ${draft}: same\n${fields(accepted[0] ?? '', draftIsRight ? 'right' : 'wrong')}`;
    }
  };
  return fakeSubject({
    say: (prompt) => {
      const one = cove.find(({ question, draft }) =>
        prompt.includes(`Question: ${question}\nDraft answer: ${draft}\n`),
      );
      if (one === undefined) return 'some answer';
      return prompt.includes('\nChecks:') ? final(one) : '1. Is it so?\n2. Is it really so?';
    },
  });
}
