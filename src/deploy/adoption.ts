/**
 * What stood at a target before Milton Edge and becomes a release as it is: how it is known again, in memory and in the
 * journal. Pure.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { isAdoptedId } from './layout.ts';

/** Somebody else's folder or link at a target, and what tells it from another. */
export type ForeignThing =
  | {
      readonly kind: 'folder';
      /** Written down for people only: its number may be another one after a boot. */
      readonly device: string;
      readonly inode: string;
      /** When it was made, in nanoseconds; an inode's number is given again, with another time. 0 where nothing knows it. */
      readonly bornNs: string;
    }
  | { readonly kind: 'link'; readonly linkText: string };

export interface Adoption {
  /** `adopt_…`: its name among the releases. */
  readonly releaseId: string;
  readonly thing: ForeignThing;
  /** Its files as they were when it was taken over; null before that, and where they cannot be listed. */
  readonly inventory: Inventory | null;
}

/** Names, sizes and times of everything in a folder. */
export interface Inventory {
  readonly count: number;
  readonly sizeBytes: number;
  /** Hex SHA-256 of all entries. */
  readonly sha256: string;
  /** Path and what it is; null where there are too many to write down. */
  readonly entries: readonly InventoryEntry[] | null;
}

export type InventoryEntry = readonly [path: string, what: string];

/** How an adopted release is called where others have the version of their model. */
export const ADOPTED_VERSION = 'adopted';

/** A folder by what lstat(2) says of it, in whole numbers. */
export function toFolder(stats: {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly birthtimeNs: bigint;
}): ForeignThing {
  const { dev, ino, birthtimeNs } = stats;
  return { kind: 'folder', device: String(dev), inode: String(ino), bornNs: String(birthtimeNs) };
}

export function isSameThing(a: ForeignThing, b: ForeignThing): boolean {
  // A link that says the same is the same: it is made anew on the way back.
  if (a.kind === 'link') return b.kind === 'link' && a.linkText === b.linkText;
  return b.kind === 'folder' && a.inode === b.inode && a.bornNs === b.bornNs;
}

export function toAdoptionJson({ releaseId, thing, inventory }: Adoption): JsonObject {
  const files =
    inventory === null
      ? null
      : {
          count: inventory.count,
          size_bytes: inventory.sizeBytes,
          sha256: inventory.sha256,
          entries: inventory.entries?.map((entry) => [...entry]) ?? null,
        };
  const what =
    thing.kind === 'folder'
      ? { kind: thing.kind, device: thing.device, inode: thing.inode, born_ns: thing.bornNs }
      : { kind: thing.kind, link_text: thing.linkText };
  return { release_id: releaseId, ...what, files };
}

/** What the journal says; null where it says nothing, or nothing that can be followed. */
export function parseAdoption(value: JsonValue | undefined): Adoption | null {
  if (value === undefined || !isJsonObject(value)) return null;
  const { release_id: releaseId } = value;
  const thing = parseThing(value);
  if (typeof releaseId !== 'string' || !isAdoptedId(releaseId) || thing === null) return null;
  return { releaseId, thing, inventory: parseInventory(value['files']) };
}

function parseThing(value: JsonObject): ForeignThing | null {
  const { kind, device, inode, born_ns: bornNs, link_text: linkText } = value;
  if (kind === 'link' && typeof linkText === 'string') return { kind, linkText };
  if (kind !== 'folder' || typeof device !== 'string') return null;
  if (typeof inode !== 'string' || typeof bornNs !== 'string') return null;
  return { kind, device, inode, bornNs };
}

function parseInventory(value: JsonValue | undefined): Inventory | null {
  if (value === undefined || !isJsonObject(value)) return null;
  const { count, size_bytes: sizeBytes, sha256, entries } = value;
  if (typeof count !== 'number' || typeof sizeBytes !== 'number' || typeof sha256 !== 'string') return null;
  return { count, sizeBytes, sha256, entries: Array.isArray(entries) ? entries.flatMap(parseEntry) : null };
}

function parseEntry(value: JsonValue): InventoryEntry[] {
  if (!Array.isArray(value)) return [];
  const [path, what] = value;
  return typeof path === 'string' && typeof what === 'string' ? [[path, what]] : [];
}
