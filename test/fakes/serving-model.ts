/** A model that is served without an engine: it counts, one word a step, and a test says when the next step comes. */
import type { Answer, AnswerOptions, AnswerRequest, ServingModel } from '../../src/engine/index.ts';
import type { Failure } from '../../src/core/index.ts';

export interface CountingModel extends ServingModel {
  /** Prompts in the order in which they were answered. */
  readonly asked: string[];
  /** How each answer ended. */
  readonly ended: Answer['endedBy'][];
  /** Answers that were being given at one time, at most. */
  readonly mostAtOnce: number;
  readonly isClosed: boolean;
  /** Lets so many steps through; without it they come by themselves. */
  step(count?: number): void;
  /** Fulfilled when an answer waits for a step. */
  waits(): Promise<void>;
  /** The engine's process ends. */
  die(failure: Failure): void;
}

export interface CountingModelOptions {
  /** Steps wait for `step`. */
  readonly isPaced?: boolean;
  readonly onAnswer?: (request: AnswerRequest) => void;
}

/** Says `1 2 3 …` up to `maxTokens`, or to ten. */
export function countingModel({ isPaced = false, onAnswer }: CountingModelOptions = {}): CountingModel {
  const asked: string[] = [];
  const ended: Answer['endedBy'][] = [];
  let [atOnce, mostAtOnce, allowed] = [0, 0, 0];
  let isClosed = false;
  let wake = (): void => undefined;
  const tellWaiting: (() => void)[] = [];
  let isWaiting = false;
  let die: (failure: Failure) => void = () => undefined;
  const died = new Promise<Failure>((resolve) => (die = resolve));
  let broken: Failure | null = null;

  const nextStep = async (signal: AbortSignal | undefined): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    const mustWait = (): boolean => isPaced && allowed === 0 && signal?.aborted !== true && broken === null;
    while (mustWait()) {
      isWaiting = true;
      for (const tell of tellWaiting.splice(0)) tell();
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
      isWaiting = false;
    }
    if (isPaced && allowed > 0) allowed -= 1;
    if (broken !== null) throw broken;
  };

  return {
    asked,
    ended,
    get mostAtOnce() {
      return mostAtOnce;
    },
    get isClosed() {
      return isClosed;
    },
    died,
    facts: {
      loadMs: 1,
      vocabularySize: 100,
      contextTokens: 512,
      engineVersion: '1',
      deviceName: 'cpu',
      threads: 1,
      missingProtections: [],
      peakRssBytes: 1,
    },
    step(count = 1) {
      allowed += count;
      wake();
    },
    waits: () => (isWaiting ? Promise.resolve() : new Promise((resolve) => tellWaiting.push(resolve))),
    die(failure) {
      broken = failure;
      wake();
      die(failure);
    },
    async answer(request: AnswerRequest, { onText, signal }: AnswerOptions = {}) {
      onAnswer?.(request);
      const { prompt, maxTokens } = request;
      asked.push(prompt.kind === 'text' ? prompt.text : (prompt.messages.at(-1)?.content ?? ''));
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      let tokenCount = 0;
      const end = (endedBy: Answer['endedBy']): Answer => {
        ended.push(endedBy);
        return { promptTokenCount: 3, tokenCount, endedBy, timeToFirstTokenMs: 1, totalMs: 2 };
      };
      try {
        while (tokenCount < (maxTokens ?? 10)) {
          await nextStep(signal);
          if (signal?.aborted === true) return end('cancelled');
          tokenCount += 1;
          onText?.(`${tokenCount} `);
        }
        return end(maxTokens === null ? 'end-of-generation' : 'token-limit');
      } finally {
        atOnce -= 1;
      }
    },
    generate: () => Promise.reject(new Error('This model only answers.')),
    score: () => Promise.reject(new Error('This model only answers.')),
    tokenize: async () => [],
    async close() {
      isClosed = true;
    },
  };
}
