/** Reads what a file states beyond its schema: whatever is missing, or of another kind, counts as not stated. Pure. */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';

const NOTHING: JsonObject = {};

export function statedNumber(object: JsonObject, key: string): number | null {
  const value = object[key];
  return isFinite(value) ? value : null;
}

export function statedText(object: JsonObject, key: string): string | null {
  const value = object[key];
  return typeof value === 'string' ? value : null;
}

export function statedTruth(object: JsonObject, key: string): boolean | null {
  const value = object[key];
  return typeof value === 'boolean' ? value : null;
}

/** Empty where there is none. */
export function statedObject(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : NOTHING;
}

/** The objects of a list; empty where there is no list. */
export function statedObjects(object: JsonObject, key: string): readonly JsonObject[] {
  return listAt(object, key).filter(isJsonObject);
}

export function statedNumbers(object: JsonObject, key: string): readonly number[] {
  return listAt(object, key).filter(isFinite);
}

export function statedTexts(object: JsonObject, key: string): readonly string[] {
  return listAt(object, key).filter((value) => typeof value === 'string');
}

/** Two numbers in order. */
export function statedInterval(object: JsonObject, key: string): readonly [low: number, high: number] | null {
  const [low, high, ...rest] = listAt(object, key);
  return isFinite(low) && isFinite(high) && low <= high && rest.length === 0 ? [low, high] : null;
}

function listAt(object: JsonObject, key: string): readonly JsonValue[] {
  const value = object[key];
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

function isFinite(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
