/** Tables without borders that fit a terminal, and stay one line per row where they are piped. */
import { stripVTControlCharacters } from 'node:util';

export type TableRow = readonly string[];

const GAP = 2;
const MIN_COLUMN = 8;

/** `columns`: the width to fit, null for no limit. Cells may hold colours. */
export async function formatTable(
  head: readonly string[],
  rows: readonly TableRow[],
  columns: number | null,
): Promise<readonly string[]> {
  const { default: Table } = await import('cli-table3');
  const widths = fitWidths(naturalWidths([head, ...rows]), columns);
  const table = new Table({
    chars: NO_BORDERS,
    style: { 'padding-left': 0, 'padding-right': GAP, head: [], border: [], compact: true },
    head: head.map((cell, index) => wrapCell(cell, widths[index] ?? MIN_COLUMN)),
    colWidths: widths.map((width) => width + GAP),
  });
  table.push(...rows.map((row) => row.map((cell, index) => wrapCell(cell, widths[index] ?? MIN_COLUMN))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

function naturalWidths(rows: readonly TableRow[]): number[] {
  const count = Math.max(...rows.map((row) => row.length));
  return Array.from({ length: count }, (_, index) =>
    Math.max(1, ...rows.map((row) => visibleWidth(row[index] ?? ''))),
  );
}

/** Takes from the widest column, one character at a time, until the row fits or no column can give more. */
function fitWidths(natural: readonly number[], columns: number | null): readonly number[] {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, width) => sum + width + GAP, -GAP);
  if (columns === null) return widths;
  while (total() > columns) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= MIN_COLUMN) break;
    widths[widest] = width - 1;
  }
  return widths;
}

/** The library cuts colour codes in two when it wraps within a word, and paths and versions have no blanks to break at. */
function wrapCell(cell: string, width: number): string {
  return cell
    .split('\n')
    .flatMap((line) => {
      const [, before = '', plain = '', after = ''] = ONE_STYLE.exec(line) ?? [];
      if (Array.from(plain).length <= width) return [line];
      return breakText(Array.from(plain), width).map((part) => before + part + after);
    })
    .join('\n');
}

/** At a blank where there is one in the second half of the line, else where the line is full. */
function breakText(characters: readonly string[], width: number): string[] {
  const lines: string[] = [];
  let rest = characters;
  while (rest.length > width) {
    const blank = rest.lastIndexOf(' ', width);
    const end = blank > width / 2 ? blank : width;
    lines.push(rest.slice(0, end).join(''));
    rest = rest.slice(end === blank ? end + 1 : end);
  }
  return [...lines, rest.join('')];
}

// A cell of one style: codes, text, codes.
// oxlint-disable-next-line no-control-regex
const ONE_STYLE = /^((?:\u001b\[[0-9;]*m)*)([^\u001b]*)((?:\u001b\[[0-9;]*m)*)$/;

function visibleWidth(cell: string): number {
  return Math.max(...cell.split('\n').map((line) => Array.from(stripVTControlCharacters(line)).length));
}
