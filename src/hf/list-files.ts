/**
 * Lists what belongs to a model directory without ever leaving it: links are followed once and only within, hidden files
 * and caches are left out and said so, and the number of entries is bounded.
 */
import type { Dirent } from 'node:fs';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { compareCodeUnits, escapeText, isErrno, throwIfAborted } from '../core/index.ts';
import { toSystemFailure } from '../system/index.ts';
import { HfFailure } from './error.ts';
import { MAX_DIRECTORY_DEPTH, MAX_DIRECTORY_ENTRIES } from './limits.ts';
import type { HfFile, HfLeftOut } from './types.ts';

export interface FileListing {
  readonly files: readonly HfFile[];
  readonly leftOut: readonly HfLeftOut[];
}

/** Both lists sorted by path. Throws `HF_NOT_A_DIRECTORY`, `HF_LINK_UNSAFE`, `HF_UNSAFE_FILE`, `HF_DIRECTORY_LIMIT`, `SYSTEM_FILE_*`. */
export async function listModelFiles(
  path: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<FileListing> {
  const root = await openRoot(path);
  const files: HfFile[] = [];
  const leftOut: HfLeftOut[] = [];
  const folders = [{ path: '', depth: 0 }];
  let entryCount = 0;
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    throwIfAborted(signal);
    for (const entry of await readFolder(join(root, folder.path))) {
      entryCount += 1;
      if (entryCount > MAX_DIRECTORY_ENTRIES)
        throw tooMuch(path, `more than ${MAX_DIRECTORY_ENTRIES} entries`);
      const name = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`;
      const reason = reasonToLeaveOut(entry.name);
      if (reason !== null) {
        leftOut.push({ path: entry.isDirectory() ? `${name}/` : name, reason });
      } else if (entry.isDirectory()) {
        if (folder.depth === MAX_DIRECTORY_DEPTH)
          throw tooMuch(path, `folders deeper than ${MAX_DIRECTORY_DEPTH}`);
        folders.push({ path: name, depth: folder.depth + 1 });
      } else {
        files.push(await toFile(root, name, entry));
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

async function readFolder(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

function reasonToLeaveOut(name: string): string | null {
  if (name === '.git') return 'version control';
  if (name === '.cache' || name === '__pycache__') return 'a cache';
  if (name.startsWith('.')) return 'hidden';
  return null;
}

async function toFile(root: string, path: string, entry: Dirent): Promise<HfFile> {
  const absolutePath = join(root, path);
  if (entry.isSymbolicLink()) return followLink(root, path);
  if (!entry.isFile()) {
    throw new HfFailure('HF_UNSAFE_FILE', `${escapeText(path)} is a pipe, socket or device, not a file.`, {
      details: { path, expected: 'a regular file', received: 'a special file' },
    });
  }
  return { path, absolutePath, sizeBytes: await fileSize(absolutePath) };
}

async function followLink(root: string, path: string): Promise<HfFile> {
  const link = join(root, path);
  try {
    const target = resolve(dirname(link), await readlink(link));
    const stats = await lstat(target);
    const real = await realpath(target);
    if (stats.isSymbolicLink()) throw linkUnsafe(path, 'leads to another link', real);
    if (!isWithin(root, real)) throw linkUnsafe(path, 'leaves the folder', real);
    if (!stats.isFile()) throw linkUnsafe(path, 'does not lead to a regular file', real);
    return { path, absolutePath: real, sizeBytes: stats.size };
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw linkUnsafe(path, 'leads nowhere', null);
    throw toSystemFailure(error, { path: link, action: 'read' });
  }
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

function isWithin(root: string, path: string): boolean {
  const from = relative(root, path);
  return from !== '' && from !== '..' && !from.startsWith(`..${sep}`) && !isAbsolute(from);
}

function linkUnsafe(path: string, what: string, target: string | null): HfFailure {
  return new HfFailure('HF_LINK_UNSAFE', `The link ${escapeText(path)} ${what}.`, {
    details: {
      path,
      expected: 'a link to a regular file in the same folder',
      received: target === null ? 'a link to nothing' : target,
    },
  });
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
