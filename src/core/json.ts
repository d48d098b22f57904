/**
 * JSON as values: the plain kind that we build, and the lossless tree that a file of another program is read into,
 * so that a rewrite keeps its key order and its numbers to the last digit.
 */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A number whose text JavaScript would not print back the same: `1.0`, `1e5`, 2^53 and beyond. */
export class JsonNumber {
  readonly lexeme: string;
  constructor(lexeme: string) {
    this.lexeme = lexeme;
  }
  get value(): number {
    return Number(this.lexeme);
  }
}

export type JsonTree = null | boolean | number | string | JsonNumber | JsonTree[] | JsonTreeObject;
export type JsonTreeObject = Map<string, JsonTree>;

/** The plain value of a tree. Numbers beyond 2^53 lose digits here, and only here. */
export function toPlainJson(tree: JsonTree): JsonValue {
  if (tree instanceof JsonNumber) return tree.value;
  if (Array.isArray(tree)) return tree.map(toPlainJson);
  if (tree instanceof Map) {
    const object: Record<string, JsonValue> = {};
    for (const [key, value] of tree) {
      if (key === '__proto__') setOwnPrototypeKey(object, toPlainJson(value));
      else object[key] = toPlainJson(value);
    }
    return object;
  }
  return tree;
}

/** `__proto__` as a key of its own, not as the prototype. */
function setOwnPrototypeKey(object: Record<string, JsonValue>, value: JsonValue): void {
  Object.defineProperty(object, '__proto__', { value, enumerable: true, writable: true, configurable: true });
}

/** A plain value as a tree, ready to be placed beside values that were read. */
export function toJsonTree(value: JsonValue): JsonTree {
  if (isJsonArray(value)) return value.map(toJsonTree);
  if (value !== null && typeof value === 'object') {
    return new Map(Object.entries(value).map(([key, item]) => [key, toJsonTree(item)]));
  }
  return value;
}

/** Text of a tree or plain value: two spaces, snake_case left to the caller, one newline at the end. */
export function formatJson(value: JsonTree | JsonValue): string {
  return `${formatValue(value, '')}\n`;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !isJsonArray(value);
}

function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function formatValue(value: JsonTree | JsonValue, indent: string): string {
  if (value instanceof JsonNumber) return value.lexeme;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const items = value.map((item: JsonTree | JsonValue) => inner + formatValue(item, inner));
    return `[\n${items.join(',\n')}\n${indent}]`;
  }
  const entries: [string, JsonTree | JsonValue][] =
    value instanceof Map ? [...value] : Object.entries(value as JsonObject);
  if (entries.length === 0) return '{}';
  const lines = entries.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${formatValue(item, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}
