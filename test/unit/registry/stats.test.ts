import { describe, expect, it } from 'vitest';
import { toStats } from '../../../src/registry/stats.ts';
import { toEntry } from '../../fakes/registry-entry.ts';

describe('toStats', () => {
  it('counts by quantization and base model, and names active and last good', () => {
    const entries = [
      toEntry('v1', { last_good: true, quantization: null }),
      toEntry('v2', { active: true }),
      toEntry('v3', { base_model: '__proto__' }),
    ];
    const stats = toStats(entries);
    expect(stats).toMatchObject({
      total: 3,
      active: ['v2'],
      last_good: ['v1'],
      by_quantization: { Q4_0: 2, none: 1 },
    });
    expect(Object.entries(stats.by_base_model)).toEqual([
      ['Llama-3.1-8B-Instruct-HF', 2],
      ['__proto__', 1],
    ]);
  });

  it('counts nothing in an empty registry', () => {
    expect(toStats([])).toEqual({
      total: 0,
      active: [],
      last_good: [],
      by_quantization: {},
      by_base_model: {},
    });
  });
});
