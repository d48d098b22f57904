/**
 * What llama.cpp itself measured of an answer (`llama_perf_context_print`): it writes its counters into its log, in hundredths of
 * a millisecond, and sets them back. They hold the evaluation alone, without sampling and without this process around it.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { TIMINGS_WAIT_MS } from './limits.ts';
import type { AnswerTimings } from './serving.ts';

export interface OwnTimings {
  /** Sets the counters back. */
  reset(): Promise<void>;
  /** What was counted since; null where llama.cpp did not say it. */
  read(): Promise<AnswerTimings | null>;
}

export interface TimingsSource {
  /** Has llama.cpp write its counters at the level `info`, and sets them back. */
  print(): Promise<void>;
  /** Lets lines of the level `info` through, to `onLine`, until the function that it returns is called. */
  listen(onLine: (line: string) => void): () => void;
}

export function ownTimings({ print, listen }: TimingsSource): OwnTimings {
  return {
    reset: print,
    async read() {
      let said = '';
      const stop = listen((line) => (said += `${line}\n`));
      try {
        await print();
        // The lines come through another thread.
        for (let waitedMs = 0; !/total time =/.test(said) && waitedMs < TIMINGS_WAIT_MS; waitedMs += 5) {
          await sleep(5);
        }
      } finally {
        stop();
      }
      return parseTimings(said);
    },
  };
}

/**
 * `prompt eval time = 12.34 ms / 56 tokens` and `eval time = 12.34 ms / 7 runs`; llama.cpp writes a count of zero as one, with no
 * time. Null where a line is missing.
 */
export function parseTimings(text: string): AnswerTimings | null {
  const prompt = readLine(text, /\bprompt eval time =\s*(\d+\.\d+) ms \/\s*(\d+) tokens/);
  const evaluated = readLine(text, /(?<!prompt )\beval time =\s*(\d+\.\d+) ms \/\s*(\d+) runs/);
  if (prompt === null || evaluated === null) return null;
  return {
    promptMs: prompt.ms,
    promptTokens: prompt.count,
    evalMs: evaluated.ms,
    evalTokens: evaluated.count,
  };
}

function readLine(text: string, pattern: RegExp): { readonly ms: number; readonly count: number } | null {
  const [, ms, count] = pattern.exec(text) ?? [];
  if (ms === undefined || count === undefined) return null;
  return Number(ms) === 0 && Number(count) === 1
    ? { ms: 0, count: 0 }
    : { ms: Number(ms), count: Number(count) };
}
