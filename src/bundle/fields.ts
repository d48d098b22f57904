/** Reading the fields of a JSON object by hand: which file, which field, what was expected there. Pure, and without zod. */
import { escapeText, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { BundleFailure } from './error.ts';

/** One object of one file, for messages. */
export interface Fields {
  readonly file: string;
  /** Where the object stands, with a dot at the end; empty for the top level. */
  readonly at: string;
  readonly value: JsonObject;
}

export function fieldsOf(
  value: JsonValue | undefined,
  place: { readonly file: string; readonly at?: string },
): Fields {
  const { file, at = '' } = place;
  if (!isJsonObject(value))
    throw invalid({ file, field: at.slice(0, -1) || 'the top level', expected: 'an object', value });
  return { file, at, value };
}

export function objectField(fields: Fields, key: string): Fields {
  const { file, at } = fields;
  return fieldsOf(own(fields, key), { file, at: `${at}${key}.` });
}

export function textField(fields: Fields, key: string): string {
  const value = own(fields, key);
  if (typeof value === 'string') return value;
  throw wrong(fields, key, 'text');
}

export function digestField(fields: Fields, key: string): string {
  const value = own(fields, key);
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw wrong(fields, key, '64 lower-case hex digits');
}

/** A whole number from 0 that JavaScript counts exactly. */
export function countField(fields: Fields, key: string): number {
  const value = own(fields, key);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(fields, key, 'a whole number from 0');
}

export function listField(fields: Fields, key: string): readonly JsonValue[] {
  const value = own(fields, key);
  if (Array.isArray(value)) return value as readonly JsonValue[];
  throw wrong(fields, key, 'a list');
}

export function oneOfField<T extends JsonValue>(fields: Fields, key: string, allowed: readonly T[]): T {
  const value = own(fields, key);
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw wrong(fields, key, allowed.map((one) => JSON.stringify(one)).join(' or '));
}

export function orNull<T>(
  read: (fields: Fields, key: string) => T,
): (fields: Fields, key: string) => T | null {
  return (fields, key) => (own(fields, key) === null ? null : read(fields, key));
}

/** Throws unless the object has exactly these keys: the Python loaders refuse one that they do not know. */
export function assertKeys(fields: Fields, keys: readonly string[]): void {
  const known = new Set(keys);
  const unknown = Object.keys(fields.value).find((key) => !known.has(key));
  if (unknown !== undefined) {
    const { file, at } = fields;
    throw new BundleFailure(
      'BUNDLE_METADATA_INVALID',
      `${file} has a key that no loader knows: ${escapeText(at + unknown, 80)}.`,
      {
        details: { file, expected: keys.join(', '), received: escapeText(unknown, 80) },
      },
    );
  }
  for (const key of keys) if (own(fields, key) === undefined) throw wrong(fields, key, 'a value');
}

export function wrong(fields: Fields, key: string, expected: string): BundleFailure {
  return invalid({ file: fields.file, field: fields.at + key, expected, value: own(fields, key) });
}

function own({ value }: Fields, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function invalid(problem: {
  readonly file: string;
  readonly field: string;
  readonly expected: string;
  readonly value: JsonValue | undefined;
}): BundleFailure {
  const { file, field, expected, value } = problem;
  const received = value === undefined ? 'nothing' : escapeText(JSON.stringify(value), 60);
  return new BundleFailure(
    'BUNDLE_METADATA_INVALID',
    `${file}: expected ${expected} at ${escapeText(field, 80)}, received ${received}.`,
    {
      details: { file, field: escapeText(field, 80), expected, received },
    },
  );
}
