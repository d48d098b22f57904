/** What lies in a release folder now: every name with its kind and mode, and the digests of the files that count. */
import { lstat, readdir, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareCodeUnits, CoreFailure, Failure, isErrno } from '../core/index.ts';
import { hashSource, openFileSource, toSystemFailure } from '../system/index.ts';
import type { WorkOptions } from './release-source.ts';

export type SeenEntry =
  /** `sha256`: hex; null where it was not asked for or could not be read. */
  | {
      readonly kind: 'file';
      readonly mode: number;
      readonly sizeBytes: number;
      readonly sha256: string | null;
    }
  | { readonly kind: 'folder'; readonly mode: number }
  | { readonly kind: 'link'; readonly text: string }
  | { readonly kind: 'special' };

/** By path below the release; the folder itself is `.`. */
export type ReleaseListing = ReadonlyMap<string, SeenEntry>;

export interface ListReleaseOptions extends WorkOptions {
  /** Only these are hashed, and only the folders above them are entered: what else is there is just named. */
  readonly files: Iterable<string>;
}

/** Empty where there is no such folder. Throws `CORE_INTERRUPTED`, `SYSTEM_*`. */
export async function listRelease(
  directory: string,
  { files, signal, onProgress }: ListReleaseOptions,
): Promise<ReleaseListing> {
  const wanted = new Set(files);
  const seen = new Map<string, SeenEntry>();
  const top = await look(directory);
  if (top === null) return seen;
  seen.set('.', top);
  if (top.kind === 'folder') await walk(directory, '', { seen, entered: foldersOf(wanted) });
  const hashed = [...seen].filter(([path, { kind }]) => kind === 'file' && wanted.has(path));
  const totalBytes = hashed.reduce((sum, [, entry]) => sum + sizeOf(entry), 0);
  let doneBytes = 0;
  const onBytes = (sizeBytes: number): void => {
    doneBytes += sizeBytes;
    onProgress?.({ kind: 'bytes', step: 'verify', doneBytes, totalBytes });
  };
  for (const [path, entry] of hashed) {
    const sha256 = await hashIfReadable(join(directory, path), { onBytes, signal });
    if (entry.kind === 'file') seen.set(path, { ...entry, sha256 });
  }
  return seen;
}

async function walk(
  directory: string,
  below: string,
  { seen, entered }: { readonly seen: Map<string, SeenEntry>; readonly entered: ReadonlySet<string> },
): Promise<void> {
  const names = await readNames(join(directory, below));
  for (const name of names.toSorted(compareCodeUnits)) {
    const path = below === '' ? name : `${below}/${name}`;
    const entry = await look(join(directory, path));
    if (entry === null) continue;
    seen.set(path, entry);
    if (entry.kind === 'folder' && entered.has(path)) await walk(directory, path, { seen, entered });
  }
}

async function readNames(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    // What is in a closed folder counts as missing.
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return [];
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

async function look(path: string): Promise<SeenEntry | null> {
  try {
    const stats = await lstat(path);
    const mode = stats.mode & 0o7777;
    if (stats.isFile()) return { kind: 'file', mode, sizeBytes: stats.size, sha256: null };
    if (stats.isDirectory()) return { kind: 'folder', mode };
    return stats.isSymbolicLink() ? { kind: 'link', text: await readlink(path) } : { kind: 'special' };
  } catch (error) {
    // It went while it was looked at, or never was there.
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

async function hashIfReadable(
  path: string,
  { onBytes, signal }: { readonly onBytes: (sizeBytes: number) => void } & Pick<WorkOptions, 'signal'>,
): Promise<string | null> {
  try {
    const source = await openFileSource(path, { followLinks: false });
    try {
      return await hashSource(source, signal === undefined ? { onBytes } : { onBytes, signal });
    } finally {
      await source.close();
    }
  } catch (error) {
    const isInterrupt = error instanceof CoreFailure && error.code === 'CORE_INTERRUPTED';
    if (isInterrupt || !(error instanceof Failure)) throw error;
    return null;
  }
}

function foldersOf(paths: Iterable<string>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  }
  return folders;
}

function sizeOf(entry: SeenEntry): number {
  return entry.kind === 'file' ? entry.sizeBytes : 0;
}
