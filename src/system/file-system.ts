/** What the file system under a path is and can do, read from the kernel's mount table, and how much room it has. */
import { lstat, readFile, realpath, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { toSystemFailure } from './error.ts';

export interface FileSystemFacts {
  /** `ext4`, `vfat`, `fuse.sshfs` …; null where the machine has no mount table. */
  readonly type: string | null;
  readonly isNetwork: boolean;
  readonly hasSymbolicLinks: boolean;
  /** The largest file it can hold; null where it does not matter. */
  readonly maxFileBytes: number | null;
  /** What an ordinary user may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

const NETWORK_TYPES =
  /^(nfs\d?|cifs|smb\d?|smbfs|ceph|afs|9p|glusterfs|lustre|fuse\.(sshfs|glusterfs|rclone|s3fs|davfs2?))$/;
const LINKLESS_TYPES = /^(vfat|msdos|exfat|ntfs3?|cifs|smb\d?|smbfs|fuseblk)$/;
const FAT_MAX_FILE_BYTES = 2 ** 32 - 1;

/** Facts about the file system that holds an existing path. */
export async function readFileSystem(path: string): Promise<FileSystemFacts> {
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    const type = (await findMount(await realpath(path)))?.type ?? null;
    return {
      type,
      isNetwork: type !== null && NETWORK_TYPES.test(type),
      hasSymbolicLinks: type === null || !LINKLESS_TYPES.test(type),
      maxFileBytes: type === 'vfat' || type === 'msdos' ? FAT_MAX_FILE_BYTES : null,
      freeBytes: bavail * bsize,
      totalBytes: blocks * bsize,
    };
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

/** Whether something is mounted exactly at an existing path; a link to a mount point is none itself. */
export async function isMountPoint(path: string): Promise<boolean> {
  try {
    const parent = await realpath(dirname(resolve(path)));
    const absolute = join(parent, basename(resolve(path)));
    const [here, above] = await Promise.all([lstat(absolute), stat(parent)]);
    const mounts = await readMounts();
    return mounts.some((mount) => mount.path === absolute) || (here.isDirectory() && here.dev !== above.dev);
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

interface Mount {
  readonly path: string;
  readonly type: string;
}

async function findMount(absolute: string): Promise<Mount | undefined> {
  const holds = (mount: Mount): boolean =>
    mount.path === absolute || mount.path === sep || absolute.startsWith(mount.path + sep);
  let found: Mount | undefined;
  // Later lines lie over earlier ones.
  for (const mount of (await readMounts()).filter(holds)) {
    if (found === undefined || mount.path.length >= found.path.length) found = mount;
  }
  return found;
}

/** proc_pid_mountinfo(5): the fifth field is the mount point, the one after " - " the type. */
async function readMounts(): Promise<Mount[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return table.split('\n').flatMap((line) => {
    const path = line.split(' ')[4];
    const type = line.split(' - ')[1]?.split(' ')[0];
    return path === undefined || type === undefined ? [] : [{ path: unescapeMount(path), type }];
  });
}

function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
