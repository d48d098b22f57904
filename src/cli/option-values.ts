/** Turns the text of an option into its value, or refuses it with both sides. */
import { InvalidArgumentError } from 'commander';

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It should be a whole number of at least 1.');
}

/** A whole number, 0 among them. */
export function parseWhole(text: string): number {
  return text === '0' ? 0 : parseCount(text);
}

/** A TCP port; 0 stands for any free one. */
export function parsePort(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : NaN;
  if (port <= 65_535) return port;
  throw new InvalidArgumentError('It should be a port from 0 to 65535; 0 picks a free one.');
}

/** A path as it was typed. An empty one (an unset variable in a script) must not come to mean the current folder. */
export function parsePath(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It should be a path; an empty text names none.');
}

/** For options that may be given several times, and take several values separated by commas. */
export function collectList(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').map((item) => item.trim())];
}

/** A text that says something. */
export function parseText(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It should not be empty.');
}

/** `500ms`, `90s`, `5m`, `2h`; a plain number means seconds. In milliseconds. */
export function parseDurationMs(text: string): number {
  const [, digits = '', unit = 's'] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(digits) * (UNIT_MS[unit] ?? NaN);
  if (digits !== '' && ms <= MAX_DURATION_MS) return Math.round(ms);
  throw new InvalidArgumentError('It should be a time such as 500ms, 90s or 5m, of at most 24h.');
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const MAX_DURATION_MS = 24 * 3_600_000;
