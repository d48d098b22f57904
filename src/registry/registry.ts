/** The registry of models at a path: which exist, which is the pipeline's choice, and what to go back to. */
import { assertVersion, toTimestamp, type JsonTreeObject } from '../core/index.ts';
import type { Clock } from '../system/index.ts';
import { compareEntries } from './compare.ts';
import {
  activateVersion,
  compareNewestFirst,
  registerEntry,
  removeVersion,
  requireRow,
  rollBack,
  type Edit,
} from './edits.ts';
import type { RegistryRow } from './parse-registry.ts';
import { addQuantizations, type Quantizations } from './quantizations.ts';
import { editRegistry, readRegistry } from './registry-file.ts';
import { toStats } from './stats.ts';
import type {
  Activation,
  Comparison,
  EntryFilter,
  NewRegistryEntry,
  Registration,
  RegistryEntry,
  RegistryStats,
} from './types.ts';

export interface RegistryOptions {
  readonly clock: Clock;
  /** What waits for the lock or holds it, shown to others: the command being run. */
  readonly command?: string;
  readonly signal?: AbortSignal;
}

/**
 * Nothing is cached: every call reads the file, and every write reads it again under the lock. Reading throws
 * `SYSTEM_FILE_*`, `CORE_JSON_*`, `REGISTRY_INVALID`; writing also `SYSTEM_*`, `REGISTRY_CONTENDED`.
 */
export interface Registry {
  readonly path: string;
  /** Newest first; empty where there is no file yet. */
  list(filter?: EntryFilter): Promise<readonly RegistryEntry[]>;
  /** Throws `REGISTRY_VERSION_UNKNOWN`, as do all that take a version. */
  get(version: string): Promise<RegistryEntry>;
  /** The entry as it was read: numbers to the last digit, keys in their order. */
  getTree(version: string): Promise<JsonTreeObject>;
  /** Adds, or replaces the same version, stamped with the time of now. Throws `CORE_VERSION_INVALID`. */
  register(entry: NewRegistryEntry): Promise<Registration>;
  /** The entries that were filled or added. Throws `REGISTRY_ENTRY_CHANGED`, `REGISTRY_QUANTIZATION_TAKEN`. */
  addQuantizations(quantizations: Quantizations): Promise<readonly RegistryEntry[]>;
  activate(version: string): Promise<Activation>;
  /** Throws `REGISTRY_NO_LAST_GOOD`. Touches no target. */
  rollback(): Promise<Activation>;
  /** Throws `REGISTRY_VERSION_ACTIVE` unless forced. The artifact's files stay where they are. */
  remove(version: string, options?: { readonly force?: boolean }): Promise<RegistryEntry>;
  compare(a: string, b: string): Promise<Comparison>;
  stats(): Promise<RegistryStats>;
}

/** Touches no disk yet; the file and its folder are made by the first write. */
export function openRegistry(path: string, options: RegistryOptions): Registry {
  const { clock, command = 'milton models', signal } = options;
  const read = async (): Promise<readonly RegistryRow[]> => (await readRegistry(path)).rows;
  const edit = <T>(change: (rows: readonly RegistryRow[]) => Edit<T>): Promise<T> =>
    editRegistry(path, { command, signal }, change);
  return {
    path,
    async list(filter = {}) {
      const entries = (await read()).map(({ entry }) => entry);
      return entries.filter((entry) => isWanted(entry, filter)).toSorted(compareNewestFirst);
    },
    async get(version) {
      return requireRow(await read(), version).entry;
    },
    async getTree(version) {
      return requireRow(await read(), version).tree;
    },
    async register(entry) {
      assertVersion(entry.version);
      return edit((rows) => registerEntry(rows, entry, toTimestamp(clock.now())));
    },
    addQuantizations: (quantizations) =>
      edit((rows) => addQuantizations(rows, quantizations, toTimestamp(clock.now()))),
    activate: (version) => edit((rows) => activateVersion(rows, version)),
    rollback: () => edit(rollBack),
    remove: (version, force) => edit((rows) => removeVersion(rows, version, force)),
    async compare(a, b) {
      const rows = await read();
      return compareEntries(requireRow(rows, a).entry, requireRow(rows, b).entry);
    },
    async stats() {
      return toStats((await read()).map(({ entry }) => entry));
    },
  };
}

function isWanted(entry: RegistryEntry, { baseModel, quantization }: EntryFilter): boolean {
  if (baseModel !== undefined && entry.base_model !== baseModel) return false;
  return quantization === undefined || entry.quantization?.toLowerCase() === quantization.toLowerCase();
}
