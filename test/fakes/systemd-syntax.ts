/**
 * Reads units as systemd does, written from its manual pages alone (systemd.syntax(7), systemd.service(5), "Command
 * lines", systemd.unit(5), "Specifiers"), so that what is written can be held against what is understood.
 */

/** The directives of one section, in order; what systemd would pass over or fail on throws. */
export function readSection(text: string, section: string): readonly (readonly [string, string])[] {
  const found: [string, string][] = [];
  let current = '';
  for (const line of joinLines(text)) {
    if (line.trim() === '' || /^\s*[#;]/.test(line)) continue;
    const header = /^\[(\w+)\]$/.exec(line.trim());
    if (header !== null) current = header[1] ?? '';
    else if (current === section) {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`not a directive: ${line}`);
      found.push([line.slice(0, at).trim(), line.slice(at + 1).trim()]);
    }
  }
  return found;
}

export function readValue(text: string, section: string, name: string): string {
  const value = readSection(text, section).find(([key]) => key === name)?.[1];
  if (value === undefined) throw new Error(`there is no ${name} in [${section}]`);
  return value;
}

/** The words of `ExecStart=` with a colon in front: C escapes, quotes, specifiers, no variables. */
export function readExecStart(value: string): readonly string[] {
  const [first = '', ...rest] = readWords(value, { escapes: true });
  if (!first.startsWith(':')) throw new Error('variables would be replaced');
  return [first.slice(1), ...rest].map(readSpecifiers);
}

/** `Environment=`: like a command line, without variables at all. */
export function readEnvironment(value: string): readonly string[] {
  return readWords(value, { escapes: true }).map(readSpecifiers);
}

/** `ReadWritePaths=`: quotes, and a backslash that only keeps the next character. */
export function readPathList(value: string): readonly string[] {
  return readWords(value, { escapes: false }).map(readSpecifiers);
}

export function readSpecifiers(text: string): string {
  return text.replaceAll(/%(.?)/gsu, (_, next: string) => {
    if (next === '%') return '%';
    throw new Error(`%${next} would be replaced`);
  });
}

function joinLines(text: string): readonly string[] {
  return text.replaceAll('\\\n', ' ').split('\n');
}

const NAMED = new Map(Object.entries({ a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, s: 32 }));

function readWords(value: string, { escapes }: { readonly escapes: boolean }): readonly string[] {
  const bytes = [...new TextEncoder().encode(value)];
  const words: string[] = [];
  let word: number[] | null = null;
  let quote: number | null = null;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    const character = String.fromCharCode(byte);
    if (character === '\\') {
      word ??= [];
      const next = String.fromCharCode(bytes[index + 1] ?? 0);
      index += 1;
      if (!escapes || /["'\\]/.test(next)) word.push(next.charCodeAt(0));
      else if (next === 'x') {
        word.push(Number.parseInt(String.fromCharCode(...bytes.slice(index + 1, index + 3)), 16));
        index += 2;
      } else {
        const named = NAMED.get(next);
        if (named === undefined) throw new Error(`\\${next} is no escape`);
        word.push(named);
      }
    } else if (quote !== null) {
      if (byte === quote) quote = null;
      else word?.push(byte);
    } else if (character === '"' || character === "'") {
      quote = byte;
      word ??= [];
    } else if (/[ \t\n\r]/.test(character)) {
      if (word !== null) words.push(decode(word));
      word = null;
    } else {
      word ??= [];
      word.push(byte);
    }
  }
  if (quote !== null) throw new Error('a quote is left open');
  if (word !== null) words.push(decode(word));
  return words;
}

function decode(bytes: readonly number[]): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes));
}
