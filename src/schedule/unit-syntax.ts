/**
 * Writes what systemd reads back unchanged: words of a command line, lists of paths, single paths (systemd.syntax(7),
 * systemd.unit(5) "Specifiers", systemd.service(5) "Command lines"). Pure.
 */
import { escapeText } from '../core/index.ts';
import { ScheduleFailure } from './error.ts';

export type Directive = readonly [name: string, value: string];

export interface Section {
  readonly name: 'Unit' | 'Service' | 'Timer' | 'Install';
  readonly directives: readonly Directive[];
}

/** Lines of comment above, then the sections. */
export function toUnitText(comment: readonly string[], sections: readonly Section[]): string {
  const blocks = sections.map(({ name, directives }) =>
    [`[${name}]`, ...directives.map(([key, value]) => `${key}=${value}`)].join('\n'),
  );
  return `${[comment.map((line) => `# ${line}`).join('\n'), ...blocks].join('\n\n')}\n`;
}

/**
 * The words of an `ExecStart=`. The colon in front keeps `$` from being taken for a variable (systemd 244), so that
 * nothing but the specifiers of `%` is left to double.
 */
export function toExecStart(words: readonly string[]): string {
  const [program = ''] = words;
  const all = UNSAFE_PROGRAM.test(program) ? [...THROUGH_SHELL, ...words] : words;
  return `:${all.map(toWord).join(' ')}`;
}

/** systemd takes any argument, and refuses a program with one of these in its path. */
const UNSAFE_PROGRAM = /["'\\]|\p{Cc}/u;
const THROUGH_SHELL = ['/bin/sh', '-c', 'exec "$@"', 'sh'] as const;

/** One word of a command line or of `Environment=`, always in double quotes. Throws `SCHEDULE_VALUE_UNFIT` for a NUL. */
export function toWord(text: string): string {
  assertUtf8(text);
  const quoted = text.replace(/["\\]|\p{Cc}/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    return NAMED_ESCAPES[character] ?? toByteEscapes(character);
  });
  return `"${toSpecifierSafe(quoted)}"`;
}

/**
 * One path of a list such as `ReadWritePaths=`, with its prefix inside the quotes. There a backslash only keeps the next
 * character as it is, so that a control character cannot be written: throws `SCHEDULE_VALUE_UNFIT`.
 */
export function toListedPath(path: string, prefix: '' | '-' = ''): string {
  assertPath(path);
  return `"${toSpecifierSafe(`${prefix}${path}`.replaceAll(/["\\]/g, String.raw`\$&`))}"`;
}

/**
 * The value of a directive that takes one path and knows neither quotes nor escapes (`WorkingDirectory=`). Throws
 * `SCHEDULE_VALUE_UNFIT` also for a space or a backslash at its end, which would be lost or join the next line.
 */
export function toSinglePath(path: string, prefix: '' | '-' = ''): string {
  assertPath(path);
  if (/[\s\\]$/u.test(path)) throw unfit(path, 'a path that ends with neither a space nor a backslash');
  return `${prefix}${toSpecifierSafe(path)}`;
}

/** The full name of a unit, `.service` where no type is said. Throws `SCHEDULE_VALUE_UNFIT` (systemd.unit(5), "unit name"). */
export function toUnitName(name: string): string {
  const full = /\.(?:service|socket|target|mount|path|timer|slice|scope)$/.test(name)
    ? name
    : `${name}.service`;
  if (/^[A-Za-z0-9:_.\\@-]{1,255}$/.test(full) && !full.startsWith('.') && !full.startsWith('@')) return full;
  throw unfit(name, 'the name of a unit, such as llm.service', 'Name the unit as systemctl lists it.');
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** C1 controls take two bytes in UTF-8, and an escape stands for one. */
function toByteEscapes(character: string): string {
  if (character === '\0') throw unfit(character, 'a text without NUL');
  return [...new TextEncoder().encode(character)]
    .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
    .join('');
}

function toSpecifierSafe(text: string): string {
  return text.replaceAll('%', '%%');
}

function assertPath(path: string): void {
  assertUtf8(path);
  if (!path.startsWith('/')) throw unfit(path, 'an absolute path');
  if (/\p{Cc}/u.test(path)) throw unfit(path, 'a path without control characters');
}

function assertUtf8(text: string): void {
  // A lone surrogate has no UTF-8, and systemd ignores a line that is none.
  if (/\p{Cs}/u.test(text)) throw unfit(text, 'well-formed Unicode');
}

function unfit(received: string, expected: string, hint?: string): ScheduleFailure {
  return new ScheduleFailure(
    'SCHEDULE_VALUE_UNFIT',
    `"${escapeText(received)}" cannot stand in a systemd unit.`,
    {
      details: { expected, received: escapeText(received) },
      ...(hint !== undefined && { hint }),
    },
  );
}
