import { stripVTControlCharacters } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wrapText } from '../../../src/cli/wrap-text.ts';

const RED = '\u001b[31m';
const END = '\u001b[39m';

describe('wrapText', () => {
  it('leaves alone what fits', () => {
    expect(wrapText('as it is', 8)).toEqual(['as it is']);
  });

  it('breaks at blanks, and never a word', () => {
    expect(wrapText('one two /a/long/path three', 8)).toEqual(['one two', '/a/long/path', 'three']);
  });

  it('keeps the blanks that a text begins with in every line', () => {
    expect(wrapText('  one two', 5)).toEqual(['  one', '  two']);
  });

  it('ends a colour with each line and begins it anew', () => {
    expect(wrapText(`${RED}one two${END} six`, 4)).toEqual([`${RED}one\u001b[0m`, `${RED}two${END}`, 'six']);
  });

  it('loses no word and makes no line too long that could be shorter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 }),
        fc.integer({ min: 1, max: 30 }),
        (words, columns) => {
          const lines = wrapText(words.join(' '), columns);
          expect(lines.join(' ')).toBe(words.join(' '));
          for (const line of lines) {
            expect(stripVTControlCharacters(line).length <= columns || !line.includes(' ')).toBe(true);
          }
        },
      ),
    );
  });
});
