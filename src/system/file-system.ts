/** What the file system under a path is and can do, read from the kernel's mount table, and how much room it has. */
import { lstat, readFile, realpath, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isErrno } from '../core/index.ts';
import { toSystemFailure } from './error.ts';

export interface FileSystemFacts {
  /** Equal for two paths that draw on the same room, subvolumes of one btrfs among them. */
  readonly id: string;
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
    const mount = await findMount(await realpath(path));
    const type = mount?.type ?? null;
    return {
      id: mount?.device ?? String((await stat(path)).dev),
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

/** The nearest thing that is mounted somewhere below a folder, or null: moving the folder would move it along. */
export async function findMountBelow(folder: string): Promise<string | null> {
  const inside = (await readMounts()).map(({ path }) => path).filter((path) => path.startsWith(folder + sep));
  return inside.toSorted((a, b) => a.length - b.length)[0] ?? null;
}

/** Whether an existing path lies on something that was mounted to be read only. */
export async function isReadOnly(path: string): Promise<boolean> {
  try {
    return (await findMount(await realpath(path)))?.isReadOnly ?? false;
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

/** The folder itself, or the nearest above it that is there: what the file system is before the folder is made. */
export async function findFolder(path: string): Promise<string> {
  for (let above = resolve(path); ; above = dirname(above)) {
    try {
      await stat(above);
      return above;
    } catch (error) {
      if (!isErrno(error, 'ENOENT') || above === dirname(above))
        throw toSystemFailure(error, { path, action: 'read' });
    }
  }
}

interface Mount {
  readonly path: string;
  /** Of the file system as a whole, where stat(2) has a number for each subvolume. */
  readonly device: string;
  readonly type: string;
  readonly isReadOnly: boolean;
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

/**
 * proc_pid_mountinfo(5): the third field is the device, the fifth the mount point, the sixth how it is mounted; after " - "
 * stand the type, the source, and how the file system as a whole is mounted.
 */
async function readMounts(): Promise<Mount[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return table.split('\n').flatMap((line) => {
    const [, , device, , path, options = ''] = line.split(' ');
    const [type, , superOptions = ''] = line.split(' - ')[1]?.split(' ') ?? [];
    if (device === undefined || path === undefined || type === undefined) return [];
    const isReadOnly = `${options},${superOptions}`.split(',').includes('ro');
    return [{ path: unescapeMount(path), device, type, isReadOnly }];
  });
}

function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
