/** Breaks a line of text at blanks, so that it fits a width; a colour begins and ends in each part. */
import { stripVTControlCharacters } from 'node:util';

/** Words are never broken: one that is longer than the width stands alone. What begins with blanks keeps them in each line. */
export function wrapText(text: string, columns: number): readonly string[] {
  if (widthOf(text) <= columns) return [text];
  const [indent = ''] = /^ */.exec(text) ?? [];
  const room = columns - indent.length;
  return breakText(text.slice(indent.length), room).map((line) => indent + line);
}

function breakText(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || widthOf(longer) <= columns) {
      line = longer;
      continue;
    }
    const style = styleAtEnd(line);
    lines.push(style === '' ? line : `${line}${RESET}`);
    line = `${style}${word}`;
  }
  return [...lines, line];
}

const RESET = '\u001b[0m';
/** What ends bold and dim, and colours, as the library writes it. */
const ENDS: ReadonlySet<string> = new Set([RESET, '\u001b[22m', '\u001b[39m']);

/** The codes that are still in force at the end of a line. */
function styleAtEnd(line: string): string {
  // oxlint-disable-next-line no-control-regex
  const codes = line.match(/\u001b\[[0-9;]*m/g) ?? [];
  return codes.reduce((open, code) => (ENDS.has(code) ? '' : open + code), '');
}

function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
