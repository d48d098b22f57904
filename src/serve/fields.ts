/** Reads the fields of a request, each with its type and range; what is absent or null takes its default. */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { ApiError } from './api-error.ts';

export function readNumber(
  body: JsonObject,
  name: string,
  { min, max, whole = false }: { readonly min: number; readonly max: number; readonly whole?: boolean },
): number | null {
  const value = body[name] ?? null;
  if (value === null) return null;
  const fits = typeof value === 'number' && value >= min && value <= max;
  if (fits && (!whole || Number.isInteger(value))) return value;
  throw invalid(name, `${whole ? 'a whole number' : 'a number'} from ${min} to ${max}`, value);
}

export function readBoolean(body: JsonObject, name: string): boolean {
  const value = body[name] ?? null;
  if (value === null || typeof value === 'boolean') return value ?? false;
  throw invalid(name, 'true or false', value);
}

/** A text, or null where it is absent. */
export function readText(body: JsonObject, name: string): string | null {
  const value = body[name] ?? null;
  if (value === null || typeof value === 'string') return value;
  throw invalid(name, 'a text', value);
}

export function invalid(param: string, expected: string, received: JsonValue | undefined): ApiError {
  return new ApiError(400, 'invalid_field', `${param} is ${expected}; it was ${kindOf(received)}.`, {
    param,
  });
}

/** What it was, without repeating it: a request may hold what its sender would not like to see in a log. */
function kindOf(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isJsonObject(value)) return 'an object';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === '' ? 'an empty text' : 'a text';
}
