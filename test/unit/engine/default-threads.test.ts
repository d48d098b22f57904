import { describe, expect, it } from 'vitest';

import { defaultThreads } from '../../../src/engine/default-threads.ts';

describe('defaultThreads', () => {
  it.each([
    [1, 1],
    [2, 1],
    [4, 3],
    [64, 16],
  ])('of %i processors uses %i', (processors, threads) => {
    expect(defaultThreads(processors)).toBe(threads);
  });
});
