import { describe, expect, it } from 'vitest';
import { hasGates, isComparable, NO_GATES } from '../../../src/deploy/gates.ts';

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
