/** A schema's complaint in our words: which field, what was expected there, what stands there. */
import { escapeText, isJsonObject, type JsonValue } from '../core/index.ts';
import type { SchemaIssue } from './run-schema.ts';

export interface FieldMismatch {
  /** `candidates[0].metrics.latency_ms.value`; `the top level` for the document itself. */
  readonly field: string;
  readonly expected: string;
  readonly received: string;
}

export function toFieldMismatch(issue: SchemaIssue, value: JsonValue): FieldMismatch {
  return {
    field: toFieldName(issue.path),
    expected: describeExpected(issue),
    received: describeValue(valueAt(value, issue.path)),
  };
}

/** A value as a person would name it: short, escaped, and never a whole object. */
export function describeValue(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `"${escapeText(value, 60)}"`;
  if (value === null || typeof value !== 'object') return String(value);
  return isJsonObject(value) ? 'an object' : 'a list';
}

function toFieldName(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the top level';
  const parts = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${escapeText(String(key), 60)}`));
  return parts.join('').replace(/^\./, '');
}

function describeExpected(issue: SchemaIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'record'
        ? 'object'
        : issue.expected === 'int'
          ? 'whole number'
          : issue.expected;
    case 'invalid_value':
      return issue.values.map((value) => `"${String(value)}"`).join(' or ');
    case 'too_small':
      return issue.origin === 'string' ? 'text that is not empty' : `at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array' ? `at most ${issue.maximum} items` : `at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function valueAt(value: JsonValue, path: readonly PropertyKey[]): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const key of path) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, key)) return undefined;
    at = (at as Readonly<Record<PropertyKey, JsonValue>>)[key];
  }
  return at;
}
