import { describe, expect, it } from 'vitest';
import { compareEntries } from '../../../src/registry/compare.ts';
import { toEntry } from '../../fakes/registry-entry.ts';

describe('compareEntries', () => {
  it('gives b − a of every number under its dotted name, and null where one side has none', () => {
    const a = toEntry('v1', { metrics: { compression: { size: 10, ratio: 2, passed: true }, loss: [1, 2] } });
    const b = toEntry('v2', { metrics: { compression: { size: 7.5, method: 'x' }, loss: [1, 4] } });
    expect(compareEntries(a, b)).toEqual({
      version_a: 'v1',
      version_b: 'v2',
      metrics: [
        { name: 'compression.ratio', a: 2, b: null, delta: null },
        { name: 'compression.size', a: 10, b: 7.5, delta: -2.5 },
        { name: 'loss.0', a: 1, b: 1, delta: 0 },
        { name: 'loss.1', a: 2, b: 4, delta: 2 },
      ],
    });
  });

  it('stays JSON where the difference is beyond all numbers', () => {
    const a = toEntry('v1', { metrics: { x: -Number.MAX_VALUE } });
    const b = toEntry('v2', { metrics: { x: Number.MAX_VALUE } });
    expect(compareEntries(a, b).metrics[0]?.delta).toBeNull();
  });
});
