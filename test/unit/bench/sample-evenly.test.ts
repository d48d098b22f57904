import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleEvenly } from '../../../src/bench/sample-evenly.ts';

describe('sampleEvenly', () => {
  it('takes from the whole length, not from the beginning', () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    expect(sampleEvenly(items, 4)).toEqual([12, 37, 62, 87]);
    expect(sampleEvenly(items, 0)).toEqual([]);
    expect(sampleEvenly(items, 100)).toBe(items);
  });

  it('gives exactly as many, in their order, of each kind its share to within one', () => {
    const kinds = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(kinds, fc.double({ min: 0, max: 1, noNaN: true }), (groups, share) => {
        const items = groups.map((group, index) => ({ group, index }));
        const count = Math.floor(share * items.length);
        const chosen = sampleEvenly(items, count, { groupOf: ({ group }) => group });
        expect(chosen).toHaveLength(count);
        expect(chosen.map(({ index }) => index)).toEqual(
          chosen.map(({ index }) => index).toSorted((a, b) => a - b),
        );
        for (const kind of ['a', 'b', 'c']) {
          const all = items.filter(({ group }) => group === kind).length;
          const taken = chosen.filter(({ group }) => group === kind).length;
          expect(Math.abs(taken - (all * count) / items.length)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('refuses what is no number of cases', () => {
    expect(() => sampleEvenly([1, 2], -1)).toThrow(RangeError);
    expect(() => sampleEvenly([1, 2], Number.NaN)).toThrow(RangeError);
  });
});
