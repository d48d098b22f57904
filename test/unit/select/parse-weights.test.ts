import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/index.ts';
import { parseWeights } from '../../../src/select/parse-weights.ts';

describe('parseWeights', () => {
  it('reads names, short names and spaces; what is not named counts 0', () => {
    expect(parseWeights('latency_ms=0.4, throughput = 0.6')).toEqual({
      latency_ms: 0.4,
      throughput: 0.6,
      cove_pass_rate: 0,
      retrieval_score: 0,
    });
    expect(parseWeights('cove=1,retrieval=2').retrieval_score).toBe(2);
  });

  it.each([
    ['an unknown name', 'speed=1', 'speed'],
    ['a negative number', 'cove=-1', '-1'],
    ['NaN', 'cove=NaN', 'NaN'],
    ['an infinite number', 'cove=1e999', 'Infinity'],
    ['a name twice', 'cove=1,cove_pass_rate=2', 'twice'],
    ['a part without a value', 'cove', 'cove'],
    ['an empty text', '', ''],
    ['a value in hexadecimal', 'cove=0x10', 'NaN'],
  ])('refuses %s', (_, text, received) => {
    expect(() => parseWeights(text)).toThrow(
      expect.objectContaining({
        code: 'SELECT_WEIGHTS_INVALID',
        exitCode: 2,
        details: expect.objectContaining({ received: expect.stringContaining(received) }),
      }),
    );
  });

  it('names what the help names', () => {
    expect(() => parseWeights('speed=1')).toThrow(
      /expected latency, throughput, cove, retrieval, received "speed"/,
    );
    expect(() => parseWeights('retrieval=1,retrieval_score=2')).toThrow(/expected retrieval once/);
    expect(() => parseWeights('cove_pass_rate=-1')).toThrow(
      'The weight cove must be a number of at least 0.',
    );
    expect(parseWeights('latency=1,retrieval=2')).toEqual(parseWeights('latency_ms=1,retrieval_score=2'));
  });

  it('reads or refuses any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          for (const value of Object.values(parseWeights(text))) expect(value).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});
