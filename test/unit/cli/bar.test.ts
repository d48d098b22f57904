import { describe, expect, it } from 'vitest';
import { bar } from '../../../src/cli/bar.ts';

describe('bar', () => {
  it('is as long as the share, to an eighth of a column', () => {
    expect(bar(1, 4)).toBe('████');
    expect(bar(0.5, 4)).toBe('██');
    expect(bar(0.53125, 4)).toBe('██▏');
  });

  it('shows the smallest share, and nothing for none or for what is no number', () => {
    expect(bar(0.0001, 4)).toBe('▏');
    for (const share of [0, -1, Number.NaN, Number.NEGATIVE_INFINITY]) expect(bar(share, 4)).toBe('');
    expect(bar(7, 4)).toBe('████');
  });
});
