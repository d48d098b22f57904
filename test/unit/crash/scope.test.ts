import { describe, expect, it } from 'vitest';
import { chooseNumbers, shareOut } from '../../crash/scope.ts';

describe('chooseNumbers', () => {
  it.each([
    [{ from: 1, to: 100, stride: 1 }, [1, 2, 3, 4, 5]],
    [{ from: 2, to: 4, stride: 1 }, [2, 3, 4]],
    [{ from: 1, to: 100, stride: 3 }, [1, 4]],
    [{ from: 9, to: 9, stride: 1 }, []],
  ])('of five for %j are %j', (scope, numbers) => {
    expect(chooseNumbers(5, scope)).toEqual(numbers);
  });
});

describe('shareOut', () => {
  it('gives every item to one bench, and each bench one item at a time', async () => {
    const seen: number[] = [];
    const busy = new Set<string>();
    await shareOut(['a', 'b'], [1, 2, 3, 4, 5, 6, 7], async (bench, item) => {
      expect(busy.has(bench)).toBe(false);
      busy.add(bench);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(item);
      busy.delete(bench);
    });
    expect(seen.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('ends with the failure of one', async () => {
    await expect(shareOut(['a'], [1], () => Promise.reject(new Error('no bench')))).rejects.toThrow(
      'no bench',
    );
  });
});
