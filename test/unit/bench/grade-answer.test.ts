import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAccepted, normalizeAnswer } from '../../../src/bench/grade-answer.ts';

describe('isAccepted', () => {
  it.each([
    ['Lima', 'lima'],
    ['  Lima.  ', 'Lima'],
    ['"Lima"', 'Lima'],
    ['**Lima**', 'Lima'],
    ['`c`', 'c'],
    ['the Pacific Ocean', 'Pacific  Ocean'],
    ['An apple', 'apple'],
    ['1,000', '1000'],
    ['5280.0', '5280'],
    ['007', '7'],
    ['+5', '5'],
    ['3.50', '3.5'],
    ['5 km', '5km'],
    ['50 %', '50%'],
    ['red,green', 'red, green'],
    ['it’s', "it's"],
    ['−4', '-4'],
    ['ﬁve', 'five'],
    ['yes!', 'Yes'],
    ['!', '!'],
  ])('takes %j for %j', (answer, accepted) => {
    expect(isAccepted(answer, [accepted])).toBe(true);
  });

  it.each([
    // By substring every one of these would be right.
    ['He', 'H'],
    ['not Lima', 'Lima'],
    ['Lima or Quito', 'Lima'],
    ['1666', '166'],
    ['12', '2'],
    ['', 'Lima'],
    ['...', 'Lima'],
    ['-5', '5'],
    ['0.5', '5'],
    ['1.2.3', '1.23'],
    ['x == 1', 'x = 1'],
    ['x-1', 'x+1'],
    ['1, 234', '1234'],
    ['yes', 'no'],
  ])('does not take %j for %j', (answer, accepted) => {
    expect(isAccepted(answer, [accepted])).toBe(false);
  });

  it('takes any of several spellings', () => {
    expect(isAccepted('eight', ['8', 'eight'])).toBe(true);
    expect(isAccepted('nine', ['8', 'eight'])).toBe(false);
  });
});

describe('normalizeAnswer', () => {
  it('ends on any text, and leaves nothing where there was nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(normalizeAnswer(text).length).toBeLessThanOrEqual(text.normalize('NFKC').toLowerCase().length);
        expect(normalizeAnswer(` ${text}\n`)).toBe(normalizeAnswer(text));
      }),
    );
    expect(normalizeAnswer(' \n\t ')).toBe('');
  });

  it('keeps whole numbers what they are, however they are written', () => {
    fc.assert(
      fc.property(fc.nat(), (number) => {
        const spelt = [
          number.toLocaleString('en'),
          `${number}.0`,
          `00${number}`,
          `${number}.`,
          ` ${number} `,
        ];
        expect(spelt.map(normalizeAnswer)).toEqual(spelt.map(() => String(number)));
      }),
    );
  });
});
