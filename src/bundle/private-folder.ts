/**
 * An empty folder that only this user can enter, filled with new files: each created exclusively, pushed to the disk
 * early, and all of them gone again if the work fails.
 */
import { link, lstat, mkdir, readdir, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { escapeText } from '../core/index.ts';
import { createExclusive, syncDirectory, toSystemFailure } from '../system/index.ts';
import { BundleFailure } from './error.ts';
import type { FileSink } from './examine.ts';
import type { KnownFiles } from './types.ts';
import { writeFrom } from './vectored-io.ts';

const SYNC_EVERY_BYTES = 64 * 1024 * 1024;

export interface PrivateFolder {
  readonly path: string;
  /** A new file as a sink of pieces, its folders made, fsynced when it is finished; the path has passed the rules for names. */
  open(path: string): Promise<FileSink>;
  /** Makes the folders of a file that something else will create, and says where it has to lie. */
  prepare(path: string): Promise<string>;
}

/**
 * Runs `fill`, then makes all names durable. Throws `BUNDLE_DIRECTORY_UNFIT`, or what `fill` throws, with the folder empty
 * again.
 */
export async function withPrivateFolder<T>(
  path: string,
  fill: (folder: PrivateFolder) => Promise<T>,
): Promise<T> {
  await assertFit(path);
  const folders = new Set(['']);
  const absolute = (name: string): string => join(path, ...name.split('/'));
  const prepare = async (name: string): Promise<string> => {
    await makeFolders(absolute, folders, dirname(name));
    return absolute(name);
  };
  const open = async (name: string): Promise<FileSink> => {
    const target = await prepare(name);
    return fileSink(await createExclusive(target), target);
  };
  try {
    const result = await fill({ path, open, prepare });
    for (const made of folders) await syncDirectory(absolute(made));
    return result;
  } catch (error) {
    for (const name of await readdir(path).catch(() => [])) {
      await rm(join(path, name), { recursive: true, force: true }).catch(() => undefined);
    }
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

/** Gives a known file a second name in the folder; false where there is none, or where it cannot be linked. */
export async function linkKnown(
  folder: PrivateFolder,
  path: string,
  known: KnownFiles | undefined,
): Promise<boolean> {
  const existing = known?.(path);
  if (existing === undefined) return false;
  const target = await folder.prepare(path);
  return link(existing, target).then(
    () => true,
    () => false,
  );
}

async function assertFit(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: unknown) => {
    throw toSystemFailure(error, { path, action: 'read' });
  });
  const names = stats.isDirectory() ? await readdir(path) : [];
  const isPrivate =
    process.platform === 'win32' || ((stats.mode & 0o077) === 0 && stats.uid === process.getuid?.());
  const received = !stats.isDirectory()
    ? 'no folder'
    : names.length > 0
      ? `${names.length} files in it`
      : isPrivate
        ? null
        : `mode ${(stats.mode & 0o777).toString(8)}, owner ${stats.uid}`;
  if (received === null) return;
  const message = `${escapeText(path)} is not an empty folder that only this user can enter.`;
  throw new BundleFailure('BUNDLE_DIRECTORY_UNFIT', message, {
    details: { path, expected: 'an empty folder of this user with mode 700', received },
  });
}

async function makeFolders(
  absolute: (name: string) => string,
  made: Set<string>,
  folder: string,
): Promise<void> {
  if (folder === '.' || made.has(folder)) return;
  await makeFolders(absolute, made, dirname(folder));
  await mkdir(absolute(folder), 0o700).catch((error: unknown) => {
    throw toSystemFailure(error, { path: absolute(folder), action: 'write' });
  });
  made.add(folder);
}

function fileSink(handle: FileHandle, path: string): FileSink {
  let offset = 0;
  let unsyncedBytes = 0;
  let syncing: Promise<unknown> | null = null;
  return {
    async write(piece) {
      await writeFrom(handle, [piece], { offset, path });
      offset += piece.length;
      unsyncedBytes += piece.length;
      if (unsyncedBytes < SYNC_EVERY_BYTES) return;
      unsyncedBytes = 0;
      await syncing;
      // What fails here fails again in the fsync at the end, which is the one that counts.
      syncing = handle.datasync().catch(() => undefined);
    },
    async finish() {
      await syncing;
      try {
        await handle.sync();
      } catch (error) {
        throw toSystemFailure(error, { path, action: 'write' });
      }
    },
    async close() {
      await syncing;
      await handle.close();
    },
  };
}
