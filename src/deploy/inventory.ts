/** Lists what is in somebody else's folder without reading it: what is there, how large, changed when. */
import { lstat, readdir, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compareCodeUnits, isErrno } from '../core/index.ts';
import { hashBytes, toSystemFailure } from '../system/index.ts';
import type { Inventory, InventoryEntry } from './adoption.ts';
import { MAX_INVENTORY_ENTRIES, MAX_LISTED_ENTRIES } from './limits.ts';

/** Null where there are more than can be listed, or nothing is there. Links inside are not followed. Throws `SYSTEM_*`. */
export async function takeInventory(path: string): Promise<Inventory | null> {
  const found: Found = { entries: [], sizeBytes: 0 };
  try {
    // The path itself may be a link to it.
    const stats = await stat(path, { bigint: true });
    if (stats.isDirectory()) await list(path, '', found);
    else note(found, '.', fileText(stats), stats.size);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP', 'ENOTDIR')) return null;
    throw toSystemFailure(error, { path, action: 'read' });
  }
  const { entries, sizeBytes } = found;
  if (entries.length > MAX_INVENTORY_ENTRIES) return null;
  entries.sort(([a], [b]) => compareCodeUnits(a, b));
  return {
    count: entries.length,
    sizeBytes,
    sha256: hashBytes(JSON.stringify(entries)),
    entries: entries.length > MAX_LISTED_ENTRIES ? null : entries,
  };
}

/** What differs, by name as far as both name it; empty where nothing does. */
export function compareInventories(before: Inventory, now: Inventory | null): readonly string[] {
  if (now === null) return ['everything'];
  if (before.sha256 === now.sha256) return [];
  const told = new Map(before.entries ?? []);
  const seen = new Map(now.entries ?? []);
  const names = [...new Set([...told.keys(), ...seen.keys()])].toSorted(compareCodeUnits);
  const differing = names.filter((name) => told.get(name) !== seen.get(name));
  return before.entries === null || now.entries === null ? ['some files'] : differing;
}

interface Found {
  readonly entries: InventoryEntry[];
  sizeBytes: number;
}

async function list(folder: string, below: string, found: Found): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (found.entries.length > MAX_INVENTORY_ENTRIES) return;
    const path = join(folder, name);
    const shortPath = below === '' ? name : `${below}/${name}`;
    const stats = await lstat(path, { bigint: true }).catch(() => null);
    // Gone between two looks.
    if (stats === null) continue;
    if (stats.isDirectory()) {
      note(found, shortPath, 'folder');
      await list(path, shortPath, found);
    } else if (stats.isSymbolicLink()) {
      note(found, shortPath, `link to ${await readlink(path).catch(() => '')}`);
    } else if (stats.isFile()) note(found, shortPath, fileText(stats), stats.size);
    else note(found, shortPath, 'special');
  }
}

/** A folder that this user may not enter is one that stays closed. */
async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM', 'ENOENT')) return [];
    throw error;
  }
}

function fileText({ size, mtimeNs }: { readonly size: bigint; readonly mtimeNs: bigint }): string {
  return `file of ${size} bytes, changed at ${mtimeNs} ns`;
}

function note(found: Found, path: string, what: string, size = 0n): void {
  found.entries.push([path, what]);
  found.sizeBytes += Number(size);
}
