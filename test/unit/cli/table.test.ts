import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTable } from '../../../src/cli/table.ts';

const RED = '\u001b[31m';
const OFF = '\u001b[39m';

describe('formatTable', () => {
  it('aligns columns without borders and without blanks at the end', async () => {
    await expect(
      formatTable(
        ['a', 'long title'],
        [
          ['first', 'x'],
          ['b', 'y'],
        ],
        null,
      ),
    ).resolves.toEqual(['a      long title', 'first  x', 'b      y']);
  });

  it('never wraps where nothing has to fit', async () => {
    const wide = 'x'.repeat(500);
    await expect(formatTable(['path'], [[wide]], null)).resolves.toEqual(['path', wide]);
  });

  it('takes from the widest column to fit, and loses nothing', async () => {
    const path = '/srv/models/'.repeat(12);
    const lines = await formatTable(['version', 'path'], [['v1.2.3', path]], 60);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(
      lines
        .slice(1)
        .map((line) => line.slice(9).trim())
        .join(''),
    ).toBe(path);
    expect(lines[1]).toMatch(/^v1\.2\.3 /);
  });

  it('breaks at a blank where there is one', async () => {
    await expect(formatTable(['name'], [['Milton Edge sample']], 16)).resolves.toEqual([
      'name',
      'Milton Edge',
      'sample',
    ]);
  });

  it('keeps colours whole where it wraps', async () => {
    const lines = await formatTable(['name'], [[`${RED}${'abc'.repeat(10)}${OFF}`]], 12);
    const body = lines.slice(1);
    expect(body.length).toBeGreaterThan(2);
    for (const line of body) {
      expect(line.startsWith(RED) && line.endsWith(OFF)).toBe(true);
      expect(stripVTControlCharacters(line)).toMatch(/^[abc]+$/);
    }
  });

  it('keeps every character of every cell', async () => {
    const cell = fc.stringMatching(/^[a-zA-Z0-9./_+-]{0,60}$/);
    const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(table, fc.option(fc.integer({ min: 20, max: 120 })), async (rows, columns) => {
        const lines = await formatTable(['a', 'b', 'c'], rows, columns);
        const count = (text: string): string => Array.from(text.replaceAll(/\s/g, '')).toSorted().join('');
        expect(count(stripVTControlCharacters(lines.slice(1).join('')))).toBe(count(rows.flat().join('')));
      }),
      { numRuns: 40 },
    );
  });
});
