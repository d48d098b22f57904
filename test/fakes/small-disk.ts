/** A real file system of a few megabytes in a file, mounted through a loop device; needs root, and says where it cannot be had. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { rm, statfs, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type DiskType = 'ext4' | 'btrfs' | 'xfs';

export interface SmallDisk {
  readonly path: string;
  freeBytes(): Promise<number>;
  /** Fills the disk until less than one block more than so many bytes is free. */
  leaveFree(sizeBytes: number): Promise<void>;
  /** Writes everything out, so that the file system's own numbers are what is on the disk. */
  flush(): void;
  remove(): void;
}

const FILLER = '.filler';
/** The smallest that each makes without protest. */
const SIZE_MIB: Readonly<Record<DiskType, number>> = { ext4: 160, btrfs: 400, xfs: 400 };
const FORMAT: Readonly<Record<DiskType, readonly string[]>> = {
  // Nothing kept for root: the tests are root, the numbers are those of everybody else.
  ext4: ['mkfs.ext4', '-q', '-m', '0'],
  btrfs: ['mkfs.btrfs', '-q'],
  xfs: ['mkfs.xfs', '-q'],
};

export function makeDisk(type: DiskType): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'milton-disk-'));
  const path = join(folder, 'disk');
  const remove = (): void => {
    try {
      execFileSync('umount', [path], { stdio: 'ignore' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  try {
    const image = join(folder, 'image');
    const [command = '', ...args] = FORMAT[type];
    mkdirSync(path);
    execFileSync('truncate', ['-s', `${SIZE_MIB[type]}M`, image]);
    execFileSync(command, [...args, image], { stdio: 'ignore', env: withSbin() });
    execFileSync('mount', ['-t', type, '-o', 'loop', image, path], { stdio: 'ignore' });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const freeBytes = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  };
  return {
    path,
    freeBytes,
    async leaveFree(sizeBytes) {
      const filler = join(path, FILLER);
      await rm(filler, { force: true });
      const { bsize } = await statfs(path);
      let length = 0;
      for (let turn = 0; turn < 20; turn += 1) {
        execFileSync('sync', ['-f', path]);
        const over = (await freeBytes()) - sizeBytes;
        if (over >= 0 && over < bsize) return;
        length += Math.floor(over / bsize) * bsize;
        if (over > 0) execFileSync('fallocate', ['-l', String(length), filler]);
        else await truncate(filler, length);
      }
      throw new Error(`The disk does not come down to ${sizeBytes} free bytes, but to ${await freeBytes()}.`);
    },
    flush: () => void execFileSync('sync', ['-f', path]),
    remove,
  };
}

/** Whether this machine can make and mount one. */
export function canMakeDisk(type: DiskType): boolean {
  if (process.getuid?.() !== 0) return false;
  if (!readFileSync('/proc/filesystems', 'utf8').split(/\s+/).includes(type)) return false;
  try {
    makeDisk(type).remove();
    return true;
  } catch {
    return false;
  }
}

function withSbin(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}
