/** Every name below a path as the file system counts it, links unfollowed; for whoever asks what its removal frees. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../core/index.ts';
import { toSystemFailure } from '../system/index.ts';
import type { NamedFile } from './freed-bytes.ts';

/** stat(2): `st_blocks` counts these, whatever the block size of the file system. */
const STAT_BLOCK_BYTES = 512;

/** The path itself and all below it; nothing where it is gone. Throws `SYSTEM_*`. */
export async function listFiles(path: string): Promise<readonly NamedFile[]> {
  const files: NamedFile[] = [];
  await visit(path, files);
  return files;
}

async function visit(path: string, files: NamedFile[]): Promise<void> {
  try {
    const stats = await lstat(path, { bigint: true });
    const isFolder = stats.isDirectory();
    files.push({
      key: `${stats.dev}:${stats.ino}`,
      linkCount: Number(stats.nlink),
      diskBytes: Number(stats.blocks) * STAT_BLOCK_BYTES,
      isFolder,
    });
    if (!isFolder) return;
    for (const name of await readdir(path)) await visit(join(path, name), files);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw toSystemFailure(error, { path, action: 'read' });
  }
}
