/** Folders that were made on the way to a file are gone again where no file came of it. */
import { rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Takes away what is empty after `use`, of these folders and those above them that were not there before it. */
export async function withFreshFolders<T>(folders: readonly string[], use: () => Promise<T>): Promise<T> {
  const fresh = new Set<string>();
  for (const folder of folders) for (const missing of await findMissing(folder)) fresh.add(missing);
  try {
    return await use();
  } finally {
    // The longest names first: a folder is empty once those below it are gone.
    for (const folder of [...fresh].toSorted((a, b) => b.length - a.length)) {
      await rmdir(folder).catch(() => undefined);
    }
  }
}

async function findMissing(folder: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let path = folder; !(await isThere(path)) && path !== dirname(path); path = dirname(path)) {
    missing.push(path);
  }
  return missing;
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
