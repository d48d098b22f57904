import { describe, expect, it } from 'vitest';
import { scoresOfMerges } from '../../../src/quantize/merge-scores.ts';

const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe('scoresOfMerges', () => {
  it('gives the token of an earlier merge a higher score', () => {
    const merges = [['a', 'b'], ['b', 'c'], ['ab', 'c'], ['a', 'bc'], 'c d'];
    const scores = scoresOfMerges({ merges }, ['a', 'b', 'c', 'd', 'ab', 'bc', 'abc', 'cd']);
    expect([...scores].toSorted((a, b) => b[1] - a[1]).map(([token]) => token)).toEqual([
      'ab',
      'bc',
      'abc',
      'cd',
    ]);
  });

  it('refuses merges of one token with those of another between', () => {
    const merges = [
      ['ab', 'c'],
      ['a', 'b'],
      ['a', 'bc'],
      ['b', 'c'],
    ];
    expect(() => scoresOfMerges({ merges }, ['a', 'b', 'c', 'ab', 'bc', 'abc'])).toThrowError(
      refused('CONVERT_UNSUPPORTED'),
    );
  });

  it('refuses two tokens that make a third and may not be merged', () => {
    expect(() => scoresOfMerges({ merges: [['a', 'b']] }, ['a', 'b', 'ab', 'ba'])).toThrowError(
      refused('CONVERT_UNSUPPORTED'),
    );
  });

  it('refuses a token of a million characters at once', () => {
    expect(() => scoresOfMerges({ merges: [['a', 'b']] }, ['a', 'b', 'ab', 'x'.repeat(1e6)])).toThrowError(
      refused('CONVERT_UNSUPPORTED'),
    );
  });

  it.each([
    ['none', []],
    ['three tokens', [['a', 'b', 'c']]],
    ['an empty one', [['', 'b']]],
    ['one word', ['ab']],
    ['a merge twice', ['a b', ['a', 'b']]],
    ['a space inside', [['a ', 'b']]],
    ['a number', [7]],
  ])('refuses merges that are none: %s', (_what, merges) => {
    expect(() => scoresOfMerges({ merges }, ['a', 'b', 'ab'])).toThrowError(
      refused('CONVERT_CONFIG_INVALID'),
    );
  });
});
