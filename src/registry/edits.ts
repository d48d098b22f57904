/** What each verb changes in the list of entries, and nothing beside it. Pure: rows in, new rows out. */
import { compareVersions, escapeText, toJsonTree, type JsonTree } from '../core/index.ts';
import { findClosest } from './closest.ts';
import { RegistryFailure } from './error.ts';
import { ENTRY_FIELDS, type RegistryRow } from './parse-registry.ts';
import { parseTimestampNs } from './timestamp.ts';
import type { Activation, NewRegistryEntry, Registration, RegistryEntry } from './types.ts';

export interface Edit<T> {
  readonly rows: readonly RegistryRow[];
  readonly result: T;
}

type Rows = readonly RegistryRow[];

/**
 * Adds an entry at the end, or puts it in the place of the same version. A replaced entry that was active stays the
 * active one; it is not `last_good` any more, since that was said of other bytes.
 */
export function registerEntry(rows: Rows, added: NewRegistryEntry, timestamp: string): Edit<Registration> {
  const replaced = rows.find(({ entry }) => entry.version === added.version)?.entry ?? null;
  const row = toRow({ ...added, timestamp, active: replaced?.active ?? false, last_good: false });
  return {
    rows:
      replaced === null
        ? [...rows, row]
        : rows.map((old) => (old.entry.version === added.version ? row : old)),
    result: { entry: row.entry, replaced },
  };
}

/** The version becomes the only active one; what was active is marked `last_good`. Throws `REGISTRY_VERSION_UNKNOWN`. */
export function activateVersion(rows: Rows, version: string): Edit<Activation> {
  requireRow(rows, version);
  return switchActive(rows, { version, activated: {}, deactivated: { last_good: true } });
}

/**
 * The newest `last_good` that is not active becomes active, and the mark is cleared on both, so that a second rollback
 * goes further back and never forth again. Throws `REGISTRY_NO_LAST_GOOD`.
 */
export function rollBack(rows: Rows): Edit<Activation> {
  const [target] = rows
    .map(({ entry }) => entry)
    .filter(({ active, last_good }) => last_good && !active)
    .toSorted(compareNewestFirst);
  if (target === undefined) {
    const active = rows.filter(({ entry }) => entry.active).map(({ entry }) => entry.version);
    throw new RegistryFailure(
      'REGISTRY_NO_LAST_GOOD',
      'No registered model but the active one is marked last good.',
      {
        details: { expected: 'an entry with last_good that is not active', received: 'none', active },
      },
    );
  }
  const cleared = { last_good: false };
  return switchActive(rows, { version: target.version, activated: cleared, deactivated: cleared });
}

/** Throws `REGISTRY_VERSION_UNKNOWN`, and `REGISTRY_VERSION_ACTIVE` unless forced. */
export function removeVersion(
  rows: Rows,
  version: string,
  { force = false }: { readonly force?: boolean } = {},
): Edit<RegistryEntry> {
  const { entry } = requireRow(rows, version);
  if (entry.active && !force) {
    throw new RegistryFailure('REGISTRY_VERSION_ACTIVE', `${escapeText(version)} is the active model.`, {
      details: { version, expected: 'a version that is not active', received: 'the active one' },
    });
  }
  return { rows: rows.filter((row) => row.entry.version !== version), result: entry };
}

/** Throws `REGISTRY_VERSION_UNKNOWN` with the versions that look most like it. */
export function requireRow(rows: Rows, version: string): RegistryRow {
  const row = rows.find(({ entry }) => entry.version === version);
  if (row !== undefined) return row;
  if (rows.length === 0) {
    throw new RegistryFailure(
      'REGISTRY_VERSION_UNKNOWN',
      `${escapeText(version)} is not registered: no model is.`,
      {
        hint: 'Register one first: milton models register VERSION --gguf FILE',
        details: { version, closest: [] },
      },
    );
  }
  const closest = findClosest(
    version,
    rows
      .map(({ entry }) => entry)
      .toSorted(compareNewestFirst)
      .map((entry) => entry.version),
  );
  throw new RegistryFailure(
    'REGISTRY_VERSION_UNKNOWN',
    `${escapeText(version)} is not registered. The closest: ${closest.map((name) => escapeText(name)).join(', ')}.`,
    { details: { version, closest } },
  );
}

/** By time, and by version where two have the same, so that the order never depends on the file. */
export function compareNewestFirst(a: RegistryEntry, b: RegistryEntry): number {
  const left = parseTimestampNs(a.timestamp) ?? 0n;
  const right = parseTimestampNs(b.timestamp) ?? 0n;
  if (left !== right) return left < right ? 1 : -1;
  return compareVersions(b.version, a.version);
}

type Flags = Partial<Pick<RegistryEntry, 'active' | 'last_good'>>;

function switchActive(
  rows: Rows,
  {
    version,
    activated,
    deactivated,
  }: { readonly version: string; readonly activated: Flags; readonly deactivated: Flags },
): Edit<Activation> {
  const changed = rows.map((row) => {
    if (row.entry.version === version) return withFlags(row, { active: true, ...activated });
    return row.entry.active ? withFlags(row, { active: false, ...deactivated }) : row;
  });
  const left = changed.filter((row, index) => rows[index]?.entry.active === true && !row.entry.active);
  return {
    rows: changed,
    result: { activated: requireRow(changed, version).entry, deactivated: left.map(({ entry }) => entry) },
  };
}

/** Changes flags where they stand; every other key, value and the order stay as they were read. */
function withFlags(row: RegistryRow, flags: Flags): RegistryRow {
  const changes = Object.entries(flags).filter(([key, value]) => row.tree.get(key) !== value);
  // The same row means: nothing to write.
  if (changes.length === 0) return row;
  const tree = new Map(row.tree);
  for (const [key, value] of changes) tree.set(key, value);
  return { entry: { ...row.entry, ...flags }, tree };
}

/** An entry of ours, its fields in the order of the format. */
export function toRow(entry: RegistryEntry): RegistryRow {
  const fields = ENTRY_FIELDS.map((field): [string, JsonTree] => [field, toJsonTree(entry[field])]);
  return { entry: { ...entry }, tree: new Map(fields) };
}
