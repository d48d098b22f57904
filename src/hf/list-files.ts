/**
 * Lists what belongs to a model directory without ever leaving it: links are followed once and only within, hidden files
 * and caches are left out and said so, and the number of entries is bounded.
 */
import type { Dirent } from 'node:fs';
import { lstat, opendir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { compareCodeUnits, escapeText, throwIfAborted } from '../core/index.ts';
import { toSystemFailure } from '../system/index.ts';
import { HfFailure } from './error.ts';
import { followLink } from './follow-link.ts';
import { MAX_DIRECTORY_DEPTH, MAX_DIRECTORY_ENTRIES } from './limits.ts';
import type { HfFile, HfLeftOut } from './types.ts';

export interface FileListing {
  readonly files: readonly HfFile[];
  readonly leftOut: readonly HfLeftOut[];
}

/** `isLinked`: reached through a link, behind which no other is followed. */
interface Folder {
  readonly path: string;
  readonly absolutePath: string;
  readonly depth: number;
  readonly isLinked: boolean;
}

/** Both lists sorted by path. Throws `HF_NOT_A_DIRECTORY`, `HF_LINK_UNSAFE`, `HF_UNSAFE_FILE`, `HF_DIRECTORY_LIMIT`, `SYSTEM_FILE_*`. */
export async function listModelFiles(
  path: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<FileListing> {
  const root = await openRoot(path);
  const files: HfFile[] = [];
  const leftOut: HfLeftOut[] = [];
  const folders: Folder[] = [{ path: '', absolutePath: root, depth: 0, isLinked: false }];
  let entryCount = 0;
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    throwIfAborted(signal);
    const entries = await readFolder(folder.absolutePath, MAX_DIRECTORY_ENTRIES - entryCount + 1);
    entryCount += entries.length;
    if (entryCount > MAX_DIRECTORY_ENTRIES) {
      throw tooMuch(path, `more than ${MAX_DIRECTORY_ENTRIES} entries`);
    }
    for (const entry of entries) {
      const name = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`;
      const reason = reasonToLeaveOut(entry.name);
      if (reason !== null) {
        leftOut.push({ path: entry.isDirectory() ? `${name}/` : name, reason });
        continue;
      }
      const found = await openEntry(root, folder, name, entry);
      if (found.kind === 'file') {
        files.push({ path: name, absolutePath: found.absolutePath, sizeBytes: found.sizeBytes });
      } else {
        if (folder.depth === MAX_DIRECTORY_DEPTH)
          throw tooMuch(path, `folders deeper than ${MAX_DIRECTORY_DEPTH}`);
        const { absolutePath, isLinked } = found;
        folders.push({ path: name, absolutePath, depth: folder.depth + 1, isLinked });
      }
    }
  }
  return { files: files.toSorted(byPath), leftOut: leftOut.toSorted(byPath) };
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return compareCodeUnits(a.path, b.path);
}

async function openRoot(path: string): Promise<string> {
  try {
    const root = await realpath(path);
    if ((await lstat(root)).isDirectory()) return root;
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
  throw new HfFailure('HF_NOT_A_DIRECTORY', `${escapeText(path)} is not a folder.`, {
    details: { path, expected: 'a folder', received: 'a file' },
  });
}

/** Sorted by name; at most that many, however many there are. */
async function readFolder(path: string, maxEntries: number): Promise<Dirent[]> {
  const entries: Dirent[] = [];
  try {
    for await (const entry of await opendir(path)) {
      entries.push(entry);
      if (entries.length === maxEntries) break;
    }
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
  return entries.toSorted((a, b) => compareCodeUnits(a.name, b.name));
}

type Found =
  | { readonly kind: 'file'; readonly absolutePath: string; readonly sizeBytes: number }
  | { readonly kind: 'folder'; readonly absolutePath: string; readonly isLinked: boolean };

async function openEntry(root: string, folder: Folder, path: string, entry: Dirent): Promise<Found> {
  const absolutePath = join(folder.absolutePath, entry.name);
  if (entry.isSymbolicLink()) {
    const { isLinked } = folder;
    const target = await followLink({ root, path, absolutePath, isLinked, isPrivate });
    return target.sizeBytes === null
      ? { kind: 'folder', absolutePath: target.absolutePath, isLinked: true }
      : { kind: 'file', absolutePath: target.absolutePath, sizeBytes: target.sizeBytes };
  }
  if (entry.isDirectory()) return { kind: 'folder', absolutePath, isLinked: folder.isLinked };
  if (entry.isFile()) return { kind: 'file', absolutePath, sizeBytes: await fileSize(absolutePath) };
  throw new HfFailure('HF_UNSAFE_FILE', `${escapeText(path)} is a pipe, socket or device, not a file.`, {
    details: { path, class: 'special', expected: 'a regular file', received: 'a special file' },
  });
}

function isPrivate(name: string): boolean {
  return reasonToLeaveOut(name) !== null;
}

/** Of a file or folder with this name, whatever it holds; null where that decides. */
function reasonToLeaveOut(name: string): string | null {
  if (name === '.git') return 'version control';
  if (name === '.cache' || name === '__pycache__') return 'a cache';
  return name.startsWith('.') ? 'hidden' : null;
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

function tooMuch(path: string, received: string): HfFailure {
  return new HfFailure('HF_DIRECTORY_LIMIT', `${escapeText(path)} holds ${received}.`, {
    details: {
      path,
      expected: `at most ${MAX_DIRECTORY_ENTRIES} entries, ${MAX_DIRECTORY_DEPTH} folders deep`,
      received,
    },
  });
}
