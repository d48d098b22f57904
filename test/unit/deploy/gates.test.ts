import { describe, expect, it } from 'vitest';
import { hasGates, isComparable, NO_GATES, parseGates, toGatesJson } from '../../../src/deploy/gates.ts';

const measured = {
  kind: 'inference',
  engine: 'llama-cpp',
  engine_version: '3.22.1',
  engine_flags: null,
  prompt: 'fox-1',
  tokens: 16,
} as const;

describe('isComparable', () => {
  it('is true of two tests that measured in the same way', () => {
    expect(isComparable(measured, { ...measured })).toBe(true);
  });

  it.each([
    ['engine', { engine: 'llama-server' }],
    ['version', { engine_version: '3.23.0' }],
    ['prompt', { prompt: 'fox-2' }],
    ['count of tokens', { tokens: 8 }],
    ['kind', { kind: 'structure' }],
  ] as const)('is false where the %s differs', (_what, other) => {
    expect(isComparable(measured, { ...measured, ...other })).toBe(false);
  });
});

describe('hasGates', () => {
  it('is true as soon as one is set', () => {
    expect(hasGates(NO_GATES)).toBe(false);
    expect(hasGates({ ...NO_GATES, minOfLive: 0.5 })).toBe(true);
  });
});

describe('parseGates', () => {
  it('gives back what the journal was told', () => {
    const gates = {
      minTokensPerSecond: 12.5,
      maxFirstTokenMs: 800,
      minOfLive: 0.9,
      minOfBenchmark: 0.8,
      smoke: { prompt: 'Once', expect: 'upon' },
    };
    expect(parseGates(toGatesJson(gates))).toEqual(gates);
    expect(parseGates(toGatesJson(NO_GATES))).toEqual(NO_GATES);
  });

  it('asks for nothing where nothing can be followed', () => {
    expect(parseGates(undefined)).toEqual(NO_GATES);
    expect(parseGates({ min_of_live: 'most', smoke: { expect: 'x' }, max_first_token_ms: -1 })).toEqual(
      NO_GATES,
    );
  });
});
