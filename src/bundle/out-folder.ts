/** The folder that a bundle goes into is a folder, or can become one: a file in its way is named before anything is made. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { escapeText, isErrno } from '../core/index.ts';
import { SystemFailure, toSystemFailure } from '../system/index.ts';

/** Looks at an absolute path and, where it is not there yet, at those above it. Throws `SYSTEM_FILE_EXISTS`, `SYSTEM_*`. */
export async function assertFolder(path: string): Promise<void> {
  for (let above = path; ; above = dirname(above)) {
    const found = await readKind(above);
    if (found === 'a folder') return;
    if (found === null) {
      if (above === dirname(above)) return;
      continue;
    }
    throw new SystemFailure(
      'SYSTEM_FILE_EXISTS',
      `${escapeText(above)} is ${found}; a bundle is written into a folder, under a name of its own.`,
      {
        hint: 'Name a folder; one that is not there yet is made: --out DIR',
        details: { path: above, expected: 'a folder', received: found },
      },
    );
  }
}

/** Null where there is nothing, or where something further up is no folder. */
async function readKind(path: string): Promise<string | null> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return 'a folder';
    return stats.isFile() ? 'a file' : 'neither a file nor a folder';
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw toSystemFailure(error, { path, action: 'write' });
  }
}
