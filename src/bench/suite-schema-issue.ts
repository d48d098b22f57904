/** A schema's complaint about a suite in our words: which field of which file, what was expected there, what stands there. */
import type { z } from 'zod';
import { escapeText, isJsonObject, type JsonValue } from '../core/index.ts';
import type { SuiteIssue } from './suite-issues.ts';

type SchemaIssue = z.core.$ZodIssue;

export function toSchemaIssue(
  issue: SchemaIssue,
  { file, value }: { readonly file: string; readonly value: JsonValue },
): SuiteIssue {
  const received =
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `"${escapeText(key, 60)}"`).join(', ')
      : describeValue(valueAt(value, issue.path));
  return { file, field: toFieldName(issue.path), expected: describeExpected(issue), received };
}

function toFieldName(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the top level';
  const parts = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${escapeText(String(key), 60)}`));
  return parts.join('').replace(/^\./, '');
}

function describeExpected(issue: SchemaIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'whole number' : issue.expected;
    case 'unrecognized_keys':
      return 'no other key';
    case 'too_small':
      return `at least ${describeAmount(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `at most ${describeAmount(issue.origin, issue.maximum)}`;
    default:
      return issue.message;
  }
}

function describeAmount(origin: string, amount: number | bigint): string {
  const one = amount === 1;
  if (origin === 'string') return `${amount} ${one ? 'character' : 'characters'}`;
  return origin === 'array' ? `${amount} ${one ? 'item' : 'items'}` : String(amount);
}

function describeValue(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') {
    return value.length > 60 ? `a text of ${value.length} characters` : `"${escapeText(value)}"`;
  }
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return isJsonObject(value) ? 'an object' : JSON.stringify(value);
}

function valueAt(value: JsonValue, path: readonly PropertyKey[]): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const key of path) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<PropertyKey, JsonValue>>)[key];
  }
  return at;
}
