import { describe, expect, it } from 'vitest';
import { ownTimings, parseTimings } from '../../../src/engine/llama-cpp-timings.ts';

const SAID = `llama_perf_context_print:        load time =      15.27 ms
llama_perf_context_print: prompt eval time =      12.34 ms /    56 tokens (    0.22 ms per token,  4538.09 tokens per second)
llama_perf_context_print:        eval time =     100.50 ms /     7 runs   (   14.36 ms per token,    69.65 tokens per second)
llama_perf_context_print:       total time =     113.00 ms /    63 tokens
llama_perf_context_print:    graphs reused =          5`;

describe('parseTimings', () => {
  it('reads both lines', () => {
    expect(parseTimings(SAID)).toEqual({
      promptMs: 12.34,
      promptTokens: 56,
      evalMs: 100.5,
      evalTokens: 7,
    });
  });

  it('takes a count of one without any time for the zero that it is', () => {
    const none = SAID.replace('100.50 ms /     7 runs', '  0.00 ms /     1 runs');
    expect(parseTimings(none)).toMatchObject({ evalMs: 0, evalTokens: 0 });
  });

  it.each([
    '',
    'nothing of the kind',
    SAID.replace('prompt eval time', 'prompt time'),
    SAID.replace(' 7 runs', ' 7 jumps'),
  ])('says nothing of what it does not know (%#)', (text) => {
    expect(parseTimings(text)).toBeNull();
  });
});

describe('ownTimings', () => {
  it('waits for lines that come late, and listens no longer than it has to', async () => {
    let listeners = 0;
    let onLine: (line: string) => void = () => undefined;
    const timings = ownTimings({
      print: async () => {
        setTimeout(() => SAID.split('\n').forEach((line) => onLine(line)), 20);
      },
      listen: (listener) => {
        listeners += 1;
        onLine = listener;
        return () => (listeners -= 1);
      },
    });
    expect(await timings.read()).toMatchObject({ promptTokens: 56, evalTokens: 7 });
    expect(listeners).toBe(0);
  });

  it('gives up where llama.cpp says nothing', async () => {
    const timings = ownTimings({ print: async () => undefined, listen: () => () => undefined });
    expect(await timings.read()).toBeNull();
  });
});
