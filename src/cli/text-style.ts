/** Colours, width and tables for the texts of commands: plain where nobody would see them. */
import type picocolors from 'picocolors';
import { escapeText } from '../core/index.ts';
import type { Environment, Output } from './context.ts';
import type { TableRow } from './table.ts';
import { wrapText } from './wrap-text.ts';

export type Colors = Pick<
  ReturnType<typeof picocolors.createColors>,
  'bold' | 'cyan' | 'dim' | 'green' | 'red' | 'yellow'
>;

export interface TextStyle {
  readonly colors: Colors;
  /** The width to fit, in characters; null where nothing has to fit (a pipe, a file). */
  readonly columns: number | null;
  /** Aligned columns without borders. */
  table(head: readonly string[], rows: readonly TableRow[]): Promise<readonly string[]>;
  /** `label   value` lines with the values aligned; entries whose value is null are left out. */
  facts(entries: readonly Fact[]): readonly string[];
}

export type Fact = readonly [label: string, value: string | null];

const MAX_TEXT_COLUMNS = 120;

export interface TextStyleOptions {
  readonly env: Environment;
  /** False for `--no-color`. */
  readonly color: boolean;
}

export async function textStyle(stream: Output, { env, color }: TextStyleOptions): Promise<TextStyle> {
  const colors = color && wantsColor(stream, env) ? await loadColors() : PLAIN;
  const columns = stream.isTTY === true ? Math.min(stream.columns || 80, MAX_TEXT_COLUMNS) : null;
  return {
    colors,
    columns,
    async table(head, rows) {
      const { formatTable } = await import('./table.ts');
      return formatTable(
        head.map((title) => colors.dim(title)),
        rows,
        columns,
      );
    },
    facts: (entries) => factLines(entries, colors, columns),
  };
}

/** Further lines of a value, and what does not fit the width, stand below its beginning; a word is never broken. */
function factLines(entries: readonly Fact[], { dim }: Colors, columns: number | null): readonly string[] {
  const width = Math.max(0, ...entries.map(([label]) => label.length));
  const room = columns === null ? null : columns - width - 4;
  return entries.flatMap(([label, value]) =>
    value === null
      ? []
      : value
          .split('\n')
          .flatMap((line) => (room === null ? [line] : wrapText(line, room)))
          .map((line, index) => `  ${dim((index === 0 ? label : '').padEnd(width))}  ${line}`),
  );
}

async function loadColors(): Promise<Colors> {
  const { default: library } = await import('picocolors');
  return library.createColors(true);
}

const PLAIN: Colors = {
  bold: String,
  cyan: String,
  dim: String,
  green: String,
  red: String,
  yellow: String,
};

/** Text of a file or a person, safe to print, or a dash where there is none. */
export function shown(text: string | null | undefined): string {
  return text === null || text === undefined || text === '' ? '-' : escapeText(text);
}

/** https://no-color.org: any value that is not empty; FORCE_COLOR as supports-color reads it. */
function wantsColor(stream: Output, env: Environment): boolean {
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}
