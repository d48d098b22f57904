/**
 * Guarantees that every entry has exactly the fields of the format in their types, each version once. What Python would
 * refuse is refused here first, by name: its loader answers one unknown key by loading nothing and overwriting all. Pure.
 */
import { escapeText, JsonNumber, toPlainJson, type JsonTree, type JsonTreeObject } from '../core/index.ts';
import { RegistryFailure } from './error.ts';
import { parseTimestampNs } from './timestamp.ts';
import type { RegistryEntry } from './types.ts';

/** An entry twice: as values to work with, and as read, so that a rewrite keeps every digit and the order of keys. */
export interface RegistryRow {
  readonly entry: RegistryEntry;
  readonly tree: JsonTreeObject;
}

/** The fields of an entry in the order in which Python writes them. */
export const ENTRY_FIELDS = [
  'version',
  'base_model',
  'distilled_from',
  'quantization',
  'model_path',
  'timestamp',
  'metrics',
  'active',
  'last_good',
  'commit_hash',
] as const satisfies readonly (keyof RegistryEntry)[];

/** Throws `REGISTRY_INVALID` with the entry, the field and both sides; `name` is what messages call the file. */
export function parseRegistry(tree: JsonTree, name: string): readonly RegistryRow[] {
  if (!Array.isArray(tree)) {
    throw invalid({ name, where: 'the top level', expected: 'a list of entries', received: describe(tree) });
  }
  const rows = tree.map((item, index) => parseEntry(item, { index, name }));
  assertUnique(rows, name);
  return rows;
}

type Rule = { readonly expected: string; readonly fits: (value: JsonTree) => boolean };

const TEXT: Rule = { expected: 'text', fits: (value) => typeof value === 'string' };
const TEXT_OR_NULL: Rule = {
  expected: 'text or null',
  fits: (value) => value === null || typeof value === 'string',
};
const BOOLEAN: Rule = { expected: 'true or false', fits: (value) => typeof value === 'boolean' };

const RULES: Readonly<Record<keyof RegistryEntry, Rule>> = {
  version: { expected: 'text that is not empty', fits: (value) => typeof value === 'string' && value !== '' },
  base_model: TEXT,
  distilled_from: TEXT_OR_NULL,
  quantization: TEXT_OR_NULL,
  model_path: TEXT,
  timestamp: {
    expected: 'a time in ISO 8601',
    fits: (value) => typeof value === 'string' && parseTimestampNs(value) !== null,
  },
  metrics: { expected: 'an object', fits: (value) => value instanceof Map },
  active: BOOLEAN,
  last_good: BOOLEAN,
  commit_hash: TEXT_OR_NULL,
};

function parseEntry(
  item: JsonTree,
  { index, name }: { readonly index: number; readonly name: string },
): RegistryRow {
  if (!(item instanceof Map)) {
    throw invalid({ name, where: `entry ${index}`, expected: 'an object', received: describe(item) });
  }
  const version = item.get('version');
  const who = typeof version === 'string' ? `entry ${index} (${escapeText(version, 100)})` : `entry ${index}`;
  for (const field of ENTRY_FIELDS) {
    const { expected, fits } = RULES[field];
    const value = item.get(field);
    if (value === undefined || !fits(value)) {
      throw invalid({ name, where: `${who}, "${field}"`, expected, received: describe(value) });
    }
  }
  for (const key of item.keys()) {
    if (ENTRY_FIELDS.some((field) => field === key)) continue;
    const expected = `only ${ENTRY_FIELDS.join(', ')}`;
    throw invalid({ name, where: who, expected, received: `the unknown key "${escapeText(key, 60)}"` });
  }
  // Every field was just checked against its rule.
  return { entry: toPlainJson(item) as RegistryEntry, tree: item };
}

function assertUnique(rows: readonly RegistryRow[], name: string): void {
  const seen = new Map<string, number>();
  for (const [index, { entry }] of rows.entries()) {
    const before = seen.get(entry.version);
    if (before !== undefined) {
      const where = `entries ${before} and ${index}`;
      throw invalid({
        name,
        where,
        expected: 'each version once',
        received: `${escapeText(entry.version)} twice`,
      });
    }
    seen.set(entry.version, index);
  }
}

function describe(value: JsonTree | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return `"${escapeText(value, 60)}"`;
  if (value instanceof JsonNumber) return value.lexeme.slice(0, 60);
  if (Array.isArray(value)) return 'a list';
  return value instanceof Map ? 'an object' : String(value);
}

function invalid({
  name,
  where,
  expected,
  received,
}: Readonly<Record<'name' | 'where' | 'expected' | 'received', string>>): RegistryFailure {
  return new RegistryFailure(
    'REGISTRY_INVALID',
    `${escapeText(name)} is not a registry at ${where}: expected ${expected}, received ${received}.`,
    { details: { file: name, where, expected, received } },
  );
}
