/** Reading the fields of an envelope or a statement by hand: which field, what was expected there. Pure. */
import { escapeText, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { TrustFailure, type TrustCode } from './error.ts';

/** One object, for messages. */
export interface Fields {
  readonly code: TrustCode;
  /** Where it stands, with a dot at the end; empty for the top level. */
  readonly at: string;
  readonly value: JsonObject;
}

export function fieldsOf(
  value: JsonValue | undefined,
  place: { readonly code: TrustCode; readonly at?: string },
): Fields {
  const { code, at = '' } = place;
  if (isJsonObject(value)) return { code, at, value };
  throw invalid({ code, field: at.slice(0, -1) || 'the top level', expected: 'an object', value });
}

export function objectField(fields: Fields, key: string): Fields {
  return fieldsOf(own(fields, key), { code: fields.code, at: `${fields.at}${key}.` });
}

export function textField(fields: Fields, key: string): string {
  const value = own(fields, key);
  if (typeof value === 'string') return value;
  throw wrong(fields, key, 'text');
}

/** Null where the field is not there. */
export function optionalTextField(fields: Fields, key: string): string | null {
  return own(fields, key) === undefined ? null : textField(fields, key);
}

export function listField(fields: Fields, key: string): readonly JsonValue[] {
  const value = own(fields, key);
  if (Array.isArray(value)) return value as readonly JsonValue[];
  throw wrong(fields, key, 'a list');
}

/** Lower-case hex SHA-256. */
export function digestField(fields: Fields, key: string): string {
  const value = own(fields, key);
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw wrong(fields, key, '64 lower-case hex digits');
}

/** Throws where the object has any other key. */
export function assertOnly(fields: Fields, keys: readonly string[]): void {
  const unknown = Object.keys(fields.value).find((key) => !keys.includes(key));
  if (unknown === undefined) return;
  throw new TrustFailure(
    fields.code,
    `The signature has a field that means nothing here: ${escapeText(fields.at + unknown, 80)}.`,
    {
      details: { expected: keys.join(', '), received: escapeText(unknown, 80) },
    },
  );
}

export function own({ value }: Fields, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

export function wrong(fields: Fields, key: string, expected: string): TrustFailure {
  return invalid({ code: fields.code, field: fields.at + key, expected, value: own(fields, key) });
}

function invalid(problem: {
  readonly code: TrustCode;
  readonly field: string;
  readonly expected: string;
  readonly value: JsonValue | undefined;
}): TrustFailure {
  const { code, field, expected, value } = problem;
  const received = value === undefined ? 'nothing' : escapeText(JSON.stringify(value), 60);
  return new TrustFailure(
    code,
    `The signature: expected ${expected} at ${escapeText(field, 80)}, received ${received}.`,
    {
      details: { field: escapeText(field, 80), expected, received },
    },
  );
}
