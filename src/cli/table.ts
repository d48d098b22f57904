/**
 * Tables without borders that fit a terminal, and stay one line per row where they are piped. Words are never broken: where
 * the columns do not fit, each row becomes a block of lines.
 */
import { stripVTControlCharacters } from 'node:util';

export type TableRow = readonly string[];

const GAP = 2;

/** A column of sentences may become this narrow. */
const MIN_TEXT_COLUMN = 16;

/** `columns`: the width to fit, null for no limit. Cells may hold colours. */
export function formatTable(
  head: readonly string[],
  rows: readonly TableRow[],
  columns: number | null,
): readonly string[] {
  const widths = fitWidths([head, ...rows], columns);
  if (widths === null) return formatBlocks(head, rows);
  return [head, ...rows].flatMap((row) => formatRow(row, widths));
}

/** As many lines as its highest cell has. */
function formatRow(row: TableRow, widths: readonly number[]): string[] {
  const cells = widths.map((width, index) => wrapCell(row[index] ?? '', width));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, at) =>
    cells
      .map((lines, index) => padTo(lines[at] ?? '', widths[index] ?? 0))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/** `label  value` lines, a blank line between rows. A mark in a column without a title goes before the next value. */
function formatBlocks(head: readonly string[], rows: readonly TableRow[]): readonly string[] {
  const width = Math.max(...head.map(visibleWidth));
  return rows.flatMap((row, number) => {
    let mark = '';
    const lines = head.flatMap((label, index) => {
      const value = (row[index] ?? '').replaceAll('\n', ' ');
      if (visibleWidth(label) === 0) {
        mark = value === '' ? '' : `${value} `;
        return [];
      }
      if (value === '') return [];
      const line = `${label}${' '.repeat(width - visibleWidth(label) + GAP)}${mark}${value}`;
      mark = '';
      return [line];
    });
    return number === 0 ? lines : ['', ...lines];
  });
}

/**
 * Takes from the widest column that can give, one character at a time, until the row fits; null where it cannot without
 * breaking a word.
 */
function fitWidths(rows: readonly TableRow[], columns: number | null): readonly number[] | null {
  const widths = widthsOf(rows, visibleWidth);
  if (columns === null) return widths;
  const narrowest = widthsOf(rows, narrowestWidth);
  const total = (): number => widths.reduce((sum, width) => sum + width + GAP, -GAP);
  while (total() > columns) {
    const slack = widths.map((width, index) => (width > (narrowest[index] ?? 0) ? width : 0));
    const widest = slack.indexOf(Math.max(...slack));
    if (slack[widest] === 0) return null;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function widthsOf(rows: readonly TableRow[], measure: (cell: string) => number): number[] {
  const count = Math.max(...rows.map((row) => row.length));
  return Array.from({ length: count }, (_, index) =>
    Math.max(1, ...rows.map((row) => measure(row[index] ?? ''))),
  );
}

/** Its lines; a colour begins and ends in each. */
function wrapCell(cell: string, width: number): string[] {
  return cell.split('\n').flatMap((line) => {
    const [, before = '', plain = '', after = ''] = ONE_STYLE.exec(line) ?? [];
    if (visibleWidth(plain) <= width) return [line];
    return breakText(plain, width).map((part) => before + part + after);
  });
}

function padTo(line: string, width: number): string {
  return line + ' '.repeat(Math.max(0, width - visibleWidth(line)));
}

/** At the last blank that fits. */
function breakText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && visibleWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

// A cell of one style: codes, text, codes.
// oxlint-disable-next-line no-control-regex
const ONE_STYLE = /^((?:\u001b\[[0-9;]*m)*)([^\u001b]*)((?:\u001b\[[0-9;]*m)*)$/;

function visibleWidth(cell: string): number {
  return Math.max(...cell.split('\n').map((line) => columnsOf(stripVTControlCharacters(line))));
}

/** Its longest word; a text of several may not become a column of single words. */
function narrowestWidth(cell: string): number {
  const words = cell.split(/[ \n]/).map(visibleWidth);
  return Math.max(...words, Math.min(MIN_TEXT_COLUMN, visibleWidth(cell)));
}

/** Terminals give the characters of East Asia and emoji two columns; lines, blocks and shapes between them have one. */
function columnsOf(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
}

const WIDE =
  /[\u1100-\u115f\u231a-\u24ff\u25fd-\u2b55\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{3fffd}]/u;
