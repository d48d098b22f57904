/** Tells of an open file whether whatever is done to it from now on will show in its identity. */
import type { FileIdentity, FileSource } from './file-source.ts';
import { readFileSystem } from './file-system.ts';
import { MIN_SETTLED_MS } from './limits.ts';

/**
 * Where the kernel of this machine sets the change time by its own clock, and nobody can set it back. Network and FUSE file
 * systems tell the times of another machine, from a cache; FAT, squashfs and ISO 9660 have no change time of their own.
 */
const WITH_CHANGE_TIME: ReadonlySet<string> = new Set([
  'bcachefs',
  'btrfs',
  'ext2',
  'ext3',
  'ext4',
  'f2fs',
  'overlay',
  'tmpfs',
  'ubifs',
  'xfs',
  'zfs',
]);

/** To be asked before the first byte is read: a file that became old enough meanwhile may have changed meanwhile. */
export async function isSettled({ path, identity }: FileSource, now: Date): Promise<boolean> {
  if (!isOldEnough(identity, now)) return false;
  // Whatever cannot be found out is no.
  const type = await readFileSystem(path).then(
    (facts) => facts.type,
    () => null,
  );
  return type !== null && WITH_CHANGE_TIME.has(type);
}

/** A time in the future is no age. */
function isOldEnough({ mtimeNs, ctimeNs }: FileIdentity, now: Date): boolean {
  const changedNs = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  return BigInt(now.getTime()) * 1_000_000n - changedNs >= BigInt(MIN_SETTLED_MS) * 1_000_000n;
}
