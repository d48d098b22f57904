import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTable } from '../../../src/cli/table.ts';

const RED = '\u001b[31m';
const OFF = '\u001b[39m';

describe('formatTable', () => {
  it('gives a block one column, and a character of East Asia two', () => {
    const rows = [
      ['██', 'x'],
      ['東京', 'x'],
    ];
    expect(formatTable(['a', 'b'], rows, null)).toEqual(['a     b', '██    x', '東京  x']);
  });

  it('aligns columns without borders and without blanks at the end', async () => {
    expect(
      formatTable(
        ['a', 'long title'],
        [
          ['first', 'x'],
          ['b', 'y'],
        ],
        null,
      ),
    ).toEqual(['a      long title', 'first  x', 'b      y']);
  });

  it('never wraps where nothing has to fit', async () => {
    const wide = 'x'.repeat(500);
    expect(formatTable(['path'], [[wide]], null)).toEqual(['path', wide]);
  });

  it('takes from the widest column to fit', async () => {
    const reason = 'the load test found that every answer of the model was the same';
    const lines = formatTable(['version', 'why not'], [['v1.2.3', reason]], 40);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(lines[1]).toBe('v1.2.3   the load test found that every');
    const words = lines.slice(1).map((line) => line.slice(9).trim());
    expect(words.join(' ')).toBe(reason);
  });

  it('breaks at a blank where there is one', async () => {
    expect(formatTable(['name'], [['Milton Edge sample']], 16)).toEqual(['name', 'Milton Edge', 'sample']);
  });

  it('keeps colours whole where it wraps', async () => {
    const lines = formatTable(['name'], [[`${RED}${'abc '.repeat(10).trim()}${OFF}`]], 20);
    const body = lines.slice(1);
    expect(body).toHaveLength(2);
    for (const line of body) {
      expect(line.startsWith(RED) && line.endsWith(OFF)).toBe(true);
      expect(stripVTControlCharacters(line)).toMatch(/^abc( abc)*$/);
    }
  });

  it('loses nothing of characters that are two columns wide', async () => {
    expect(formatTable(['name', 'x'], [['模型模型', '🚀']], null)).toEqual(['name      x', '模型模型  🚀']);
  });

  describe('when the columns do not fit without breaking a word', () => {
    const code = 'GGUF_DATA_INCOMPLETE';

    it('gives each row a block of lines, and leaves out what is empty', async () => {
      const head = ['when', `${RED}target${OFF}`, 'live on', 'why not'];
      const rows = [
        ['2026-01-11 20:28', '/srv/llm', '', `${RED}${code}${OFF}`],
        ['2026-01-12 20:28', '/srv/llm', 'x', '-'],
      ];
      expect(formatTable(head, rows, 40)).toEqual([
        'when     2026-01-11 20:28',
        `${RED}target${OFF}   /srv/llm`,
        `why not  ${RED}${code}${OFF}`,
        '',
        'when     2026-01-12 20:28',
        `${RED}target${OFF}   /srv/llm`,
        'live on  x',
        'why not  -',
      ]);
    });

    it('keeps a mark without a title beside what it marks, and the parts of a cell in one line', async () => {
      const rows = [
        ['*', 'v1', `15 ms\n+0.250`],
        ['', 'v2', '-'],
      ];
      expect(formatTable(['', 'candidate', 'latency'], rows, 12)).toEqual([
        'candidate  * v1',
        'latency    15 ms +0.250',
        '',
        'candidate  v2',
        'latency    -',
      ]);
    });

    it('never breaks a word, whatever the width', async () => {
      const word = fc.stringMatching(/^[a-zA-Z0-9./_+-]{1,40}$/);
      const cell = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));
      const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(table, fc.integer({ min: 1, max: 120 }), async (rows, columns) => {
          const lines = formatTable(['a', 'b', 'c'], rows, columns);
          const found = new Set(lines.join(' ').split(/\s+/));
          const wanted = rows.flat().flatMap((text) => text.split(' '));
          expect(wanted.filter((one) => !found.has(one))).toEqual([]);
          const isTable = /^a\s+b\s+c$/.test(lines[0] ?? '');
          if (isTable) expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
        }),
        { numRuns: 60 },
      );
    });
  });
});
