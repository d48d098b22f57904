/** The block that a failure prints: what happened, both sides, the state things are in now, and the next step. */
import {
  escapeText,
  Failure,
  messageOf,
  type Aftermath,
  type JsonObject,
  type JsonValue,
} from '../core/index.ts';
import type { Colors } from './text-style.ts';

export interface FailureTextOptions {
  readonly colors: Colors;
  /** Adds the stack and the causes that are no failures of ours. */
  readonly verbose: boolean;
}

const LABEL_WIDTH = 9;

export function failureText(failure: Failure, { colors, verbose }: FailureTextOptions): string[] {
  const { details } = failure;
  const line = (label: string, value: string): string[] =>
    value.split('\n').map((part, index) => {
      const name = (index === 0 ? label : '').padEnd(LABEL_WIDTH);
      return `  ${colors.dim(name)}  ${part}`;
    });
  return [
    `${colors.bold(colors.red('error'))} ${colors.bold(failure.code)}: ${escapeText(failure.message, 2000)}`,
    ...sidesOf(details).flatMap(([label, value]) => line(label, value)),
    ...stateOf(failure.aftermath, shownValue(details['target'])).flatMap(([label, value]) =>
      line(label, value),
    ),
    ...causesOf(failure)
      .filter((cause) => verbose || cause instanceof Failure)
      .flatMap((cause) => line('because', describeCause(cause))),
    ...line('fix', colors.cyan(escapeLines(failure.hint))),
    ...(verbose
      ? (deepestStack(failure)?.split('\n') ?? []).map((text) => colors.dim(`  ${escapeText(text, 2000)}`))
      : []),
  ];
}

/** Both sides; where several fields are wrong, a line for each in their place. */
function sidesOf(details: JsonObject): readonly (readonly [string, string])[] {
  const wrong = details['wrong_fields'];
  if (Array.isArray(wrong)) {
    return wrong.map((field: JsonValue, index) => [index === 0 ? 'wrong' : '', shownValue(field) ?? '']);
  }
  return ['expected', 'received', 'offset'].flatMap((key) => {
    const value = shownValue(details[key]);
    return value === null ? [] : [[key, value] as const];
  });
}

/** A hint may have several lines; what is in them is escaped all the same. */
function escapeLines(text: string): string {
  return text
    .split('\n')
    .map((part) => escapeText(part, 2000))
    .join('\n');
}

function shownValue(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  return escapeText(typeof value === 'string' ? value : JSON.stringify(value), 1000);
}

function stateOf(aftermath: Aftermath | null, target: string | null): readonly (readonly [string, string])[] {
  switch (aftermath) {
    case null:
      return [];
    case 'unchanged':
      return target === null
        ? [['state', 'unchanged']]
        : [['target', `unchanged; nothing was written to ${target}`]];
    case 'rolled-back':
      return [['target', `${target ?? 'the target'} was put back to what it was`]];
    case 'partial':
      return [['target', `${target ?? 'the target'} is in between: a person has to look`]];
  }
}

/** The chain below a failure, without endless loops. */
function causesOf(failure: Failure): unknown[] {
  const causes: unknown[] = [];
  let cause: unknown = failure.cause;
  while (cause !== undefined && cause !== null && causes.length < 8 && !causes.includes(cause)) {
    causes.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

function describeCause(cause: unknown): string {
  const text = escapeText(messageOf(cause), 1000);
  return cause instanceof Failure ? `${cause.code}: ${text}` : text;
}

function deepestStack(failure: Failure): string | undefined {
  return [failure, ...causesOf(failure)].findLast((error): error is Error => error instanceof Error)?.stack;
}
