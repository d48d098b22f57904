/**
 * Which entry each quantization of a model belongs to, and the edit that puts them there: the first one fills the entry of
 * the model, each further one is an entry of its own with the same directory. Pure.
 */
import {
  assertVersion,
  escapeText,
  toJsonTree,
  toPlainJson,
  type JsonObject,
  type JsonTree,
  type JsonTreeObject,
} from '../core/index.ts';
import { toRow, type Edit } from './edits.ts';
import { RegistryFailure } from './error.ts';
import { toCompression, type GgufToRegister } from './new-entry.ts';
import type { RegistryRow } from './parse-registry.ts';
import { findGgufPath } from './resolve-artifact.ts';
import type { RegistryEntry } from './types.ts';

/** Where a quantization is registered. */
export interface Placement {
  readonly version: string;
  /** As the entry names it: `Q4_0`. */
  readonly quantization: string;
}

export interface PlacedGguf extends Placement {
  readonly gguf: GgufToRegister;
  /** What we add beside the Python side's metrics; goes under `metrics.milton`. */
  readonly milton: JsonObject;
}

export interface Quantizations {
  /** The entry as it was when its directory was read. */
  readonly source: RegistryEntry;
  readonly made: readonly PlacedGguf[];
}

/**
 * In the order of the types. An entry that has a GGUF keeps it: what is made beside it is `<version>-<type>`. Throws
 * `REGISTRY_QUANTIZATION_TAKEN`, `CORE_VERSION_INVALID` where such a name is too long.
 */
export function placeQuantizations(
  entries: readonly RegistryEntry[],
  source: RegistryEntry,
  quantizations: readonly string[],
): readonly Placement[] {
  const isFree = findGgufPath(source) === null;
  return quantizations.map((quantization, index) => {
    const isOwn = source.quantization?.toLowerCase() === quantization.toLowerCase();
    if (!isFree && isOwn) throw taken(source, quantization);
    const version =
      isFree && index === 0 ? source.version : `${source.version}-${quantization.toLowerCase()}`;
    assertVersion(version);
    const there = version === source.version ? undefined : entries.find((one) => one.version === version);
    if (there !== undefined) throw taken(there, quantization);
    return { version, quantization };
  });
}

/**
 * Every other key and value of the filled entry stays as it was read, its time among them. Throws `REGISTRY_ENTRY_CHANGED`
 * where it is no longer the one whose directory was read, `REGISTRY_QUANTIZATION_TAKEN` where a further entry is there by now.
 */
export function addQuantizations(
  rows: readonly RegistryRow[],
  { source, made }: Quantizations,
  timestamp: string,
): Edit<readonly RegistryEntry[]> {
  const old = rows.find(({ entry }) => entry.version === source.version);
  assertSame(source, old?.entry);
  if (old === undefined) return { rows, result: [] };
  const own = made.find(({ version }) => version === source.version);
  const further = made.filter((one) => one !== own).map((one) => toFurtherRow(old, one, timestamp));
  for (const { entry } of further) {
    const there = rows.find((row) => row.entry.version === entry.version);
    if (there !== undefined) throw taken(there.entry, entry.quantization ?? '');
  }
  const filled = own === undefined ? old : fill(old, own);
  return {
    rows: [...rows.map((row) => (row === old ? filled : row)), ...further],
    result: [...(own === undefined ? [] : [filled]), ...further].map(({ entry }) => entry),
  };
}

/** Its flags may have changed meanwhile, and its other metrics: they are of no concern here. */
function assertSame(source: RegistryEntry, now: RegistryEntry | undefined): void {
  const facts = (entry: RegistryEntry): string =>
    `model_path ${entry.model_path}, registered ${entry.timestamp}, GGUF ${findGgufPath(entry) ?? 'none'}`;
  const expected = facts(source);
  const received = now === undefined ? 'no such entry' : facts(now);
  if (expected === received) return;
  const version = escapeText(source.version);
  const what = now === undefined ? 'was removed from the registry' : 'was registered anew';
  throw new RegistryFailure('REGISTRY_ENTRY_CHANGED', `${version} ${what} while it was quantized.`, {
    details: { version: source.version, expected, received },
  });
}

function fill(row: RegistryRow, made: PlacedGguf): RegistryRow {
  const tree = new Map(row.tree);
  tree.set('quantization', made.quantization);
  tree.set('metrics', withGguf(metricsOf(row), made));
  // Two fields of an entry that was checked, in the types that they must have.
  return { tree, entry: toPlainJson(tree) as RegistryEntry };
}

/** What was measured of the directory holds for it too; what was measured of another GGUF does not. */
function toFurtherRow(row: RegistryRow, made: PlacedGguf, timestamp: string): RegistryRow {
  const { base_model, distilled_from, model_path, commit_hash } = row.entry;
  const { version, quantization } = made;
  const distillation = metricsOf(row).get('distillation');
  const metrics = withGguf(new Map(distillation === undefined ? [] : [['distillation', distillation]]), made);
  const flags = { active: false, last_good: false };
  const facts = { version, base_model, distilled_from, quantization, model_path, timestamp };
  const { entry, tree } = toRow({
    ...facts,
    metrics: toPlainJson(metrics) as JsonObject,
    ...flags,
    commit_hash,
  });
  // The numbers of the other entry to their last digit.
  return { entry, tree: new Map(tree).set('metrics', metrics) };
}

function withGguf(metrics: JsonTreeObject, { gguf, milton }: PlacedGguf): JsonTreeObject {
  return new Map(metrics)
    .set('compression', merge(metrics.get('compression'), toCompression(gguf, null)))
    .set('milton', merge(metrics.get('milton'), milton));
}

/** Keys that were there keep their place. */
function merge(old: JsonTree | undefined, added: JsonObject): JsonTreeObject {
  const merged: JsonTreeObject = new Map(old instanceof Map ? old : []);
  for (const [key, value] of Object.entries(added)) merged.set(key, toJsonTree(value));
  return merged;
}

function metricsOf({ tree }: RegistryRow): JsonTreeObject {
  const metrics = tree.get('metrics');
  return metrics instanceof Map ? metrics : new Map();
}

function taken(entry: RegistryEntry, quantization: string): RegistryFailure {
  const version = escapeText(entry.version);
  const path = findGgufPath(entry);
  return new RegistryFailure(
    'REGISTRY_QUANTIZATION_TAKEN',
    path === null
      ? `${version} is registered already, and is no ${quantization} of this model.`
      : `${version} has a GGUF already: ${escapeText(path)} (${escapeText(entry.quantization ?? 'its type is not told')}).`,
    {
      hint: `Quantize to another type, or use what is there: milton models show ${version}`,
      details: { version: entry.version, path, expected: 'no GGUF of that type', received: path },
    },
  );
}
