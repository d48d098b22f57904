/** Turns the text of an option into its value, or refuses it with both sides. */
import { InvalidArgumentError } from 'commander';

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It should be a whole number of at least 1.');
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
