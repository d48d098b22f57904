import { describe, expect, it } from 'vitest';
import { answerReader, type ServedAnswer } from '../../../src/engine/openai-answer.ts';
import { replyFailures } from '../../../src/engine/openai-failures.ts';

type Choice = Readonly<Record<string, unknown>>;

/** The answer of documents that come at these milliseconds. */
function read(documents: readonly (readonly [number, object | string])[]): ServedAnswer {
  const failures = replyFailures(new URL('http://127.0.0.1/v1/completions'), null);
  const reader = answerReader({ model: 'm', maxTokens: 8, failures });
  for (const [sinceMs, document] of documents) {
    const data = typeof document === 'string' ? document : JSON.stringify(document);
    if (reader.read({ type: 'message', data, id: '' }, sinceMs)) break;
  }
  return reader.finish();
}

const piece = (choice: Choice, more: object = {}): object => ({
  choices: [{ index: 0, ...choice }],
  ...more,
});
const said = (content: string): object => piece({ delta: { content } });
const END = piece({ delta: {}, finish_reason: 'stop' });
const usage = (prompt_tokens: number, completion_tokens: number, more: object = {}): object => ({
  choices: [],
  usage: { prompt_tokens, completion_tokens, ...more },
});

describe('answerReader', () => {
  it('times the first text and the end, and not what is told about the answer after it', () => {
    expect(
      read([
        [3, piece({ delta: { role: 'assistant', content: '' } })],
        [10, said('a')],
        [20, said('b')],
        [22, END],
        [90, usage(5, 2)],
        [95, '[DONE]'],
      ]),
    ).toMatchObject({ text: 'ab', timeToFirstTokenMs: 10, totalMs: 22, tokenCount: 2, promptTokenCount: 5 });
  });

  it('takes the end for the first token of an answer without text', () => {
    expect(read([[7, END]])).toMatchObject({ text: '', timeToFirstTokenMs: 7, tokenCount: 0 });
  });

  it('counts what a model thinks as tokens of it, and leaves it out of the text', () => {
    const thought = piece({ delta: { reasoning_content: 'well' } });
    expect(
      read([
        [4, thought],
        [6, said('a')],
        [7, END],
      ]),
    ).toMatchObject({
      text: 'a',
      timeToFirstTokenMs: 4,
      tokenCount: 2,
      countedBy: 'chunks',
    });
  });

  it('tells which part of the prompt the server had kept, where it says so', () => {
    const kept = usage(5, 1, { prompt_tokens_details: { cached_tokens: 4 } });
    expect(
      read([
        [1, said('a')],
        [2, END],
        [3, kept],
      ]).cachedPromptTokens,
    ).toBe(4);
    expect(
      read([
        [1, said('a')],
        [2, END],
        [3, usage(5, 1)],
      ]).cachedPromptTokens,
    ).toBeNull();
  });

  it('believes times of the server that fit into those of the clock here', () => {
    const told = (prompt_ms: unknown, predicted_ms: unknown): ServedAnswer =>
      read([
        [40, said('a')],
        [
          100,
          piece(
            { delta: {}, finish_reason: 'stop' },
            { timings: { prompt_n: 5, prompt_ms, predicted_n: 3, predicted_ms } },
          ),
        ],
      ]);
    expect(told(30, 60).timings).toEqual({ promptMs: 30, promptTokens: 5, evalMs: 60, evalTokens: 2 });
    for (const [promptMs, evalMs] of [
      [100, 60],
      [-1, 5],
      ['x', 5],
      [null, null],
    ])
      expect(told(promptMs, evalMs)).toMatchObject({ timings: null, hasUnbelievableTimings: true });
    expect(
      read([
        [1, said('a')],
        [2, END],
      ]),
    ).toMatchObject({ timings: null, hasUnbelievableTimings: false });
  });

  it('refuses what is no answer, with the code of the reason', () => {
    const refused: readonly (readonly [object | string, string])[] = [
      [{ error: { message: 'no' } }, 'ENGINE_SERVER_REFUSED'],
      [{ error: 'no' }, 'ENGINE_SERVER_REFUSED'],
      [{ error: {} }, 'ENGINE_SERVER_REFUSED'],
      [{ model: 'x', choices: [] }, 'ENGINE_OTHER_MODEL'],
      ['{', 'ENGINE_REPLY_INVALID'],
      ['{"choices":[],"choices":[]}', 'ENGINE_REPLY_INVALID'],
      ['[]', 'ENGINE_REPLY_INVALID'],
      [{}, 'ENGINE_REPLY_INVALID'],
      [usage(-1, 1), 'ENGINE_REPLY_INVALID'],
      [usage(1, 1.5), 'ENGINE_REPLY_INVALID'],
      [piece({ finish_reason: 'content_filter' }), 'ENGINE_REPLY_INVALID'],
    ];
    for (const [document, code] of refused)
      expect(() =>
        read([
          [1, document],
          [2, END],
        ]),
      ).toThrow(expect.objectContaining({ code }) as Error);
  });
});
