/** Where a target and its state directory stand while they are tried: put back to what they were before every attempt. */
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from './process.ts';

export interface Place {
  /** The same path at every attempt: it is written into journals. */
  readonly box: string;
  /** Nothing but empty folders. */
  clear(): Promise<void>;
  /** What is there now is what `reset` comes back to. */
  save(): Promise<void>;
  reset(): Promise<void>;
}

/** A disk that can lose its power. */
export interface DiskPlace extends Place {
  /**
   * Goes on with what the disk was given so far; what was only in memory is gone. `committed`: the file system had written its
   * journal a moment before, as it may at any time, with the names of files whose bytes it did not write yet.
   */
  cutPower(how: 'at-once' | 'committed'): Promise<void>;
  close(): Promise<void>;
}

const FOLDERS = ['srv', 'state', 'tmp', 'home'] as const;

/** A folder of the file system that is there. */
export async function openFolderPlace(root: string): Promise<Place> {
  const box = join(root, 'box');
  const base = join(root, 'base');
  const clear = async (): Promise<void> => {
    await rm(box, { recursive: true, force: true });
    await makeFolders(box);
  };
  await clear();
  return {
    box,
    clear,
    async save() {
      await rm(base, { recursive: true, force: true });
      await runOrThrow(['cp', '-a', box, base]);
    },
    async reset() {
      await rm(box, { recursive: true, force: true });
      await runOrThrow(['cp', '-a', base, box]);
    },
  };
}

/**
 * An ext4 file system in a file. Memory reaches the file only where the kernel writes to the disk: with `commit=600` nothing
 * does that by itself within an attempt, and `noauto_da_alloc` takes away what ext4 does for programs that forget to fsync.
 * It is the file that is copied, never the loop device: reading that shows blocks that were not written yet.
 */
export async function openDiskPlace(root: string): Promise<DiskPlace> {
  const box = join(root, 'box');
  const file = (name: string): string => join(root, `${name}.img`);
  const [image, empty, base, cut] = [file('box'), file('empty'), file('base'), file('cut')];
  let isMounted = false;
  const mount = async (disk: string): Promise<void> => {
    await runOrThrow(['mount', '-t', 'ext4', '-o', 'loop,commit=600,noauto_da_alloc', disk, box]);
    isMounted = true;
  };
  const unmount = async (): Promise<void> => {
    if (isMounted) await runOrThrow(['umount', box]);
    isMounted = false;
  };
  const copy = (from: string, to: string): Promise<string> => runOrThrow(['cp', '--sparse=always', from, to]);
  await mkdir(box, { recursive: true });
  await runOrThrow(['truncate', '-s', '48M', image]);
  await runOrThrow(['mkfs.ext4', '-q', '-m', '0', '-J', 'size=4', '-E', EAGER, image]);
  await copy(image, empty);
  const putBack = async (disk: string): Promise<void> => {
    await unmount();
    await copy(disk, image);
    await mount(image);
  };
  const clear = async (): Promise<void> => {
    await putBack(empty);
    await makeFolders(box);
  };
  return {
    box,
    clear,
    async save() {
      await unmount();
      await copy(image, base);
      await mount(image);
    },
    reset: () => putBack(base),
    async cutPower(how) {
      if (how === 'committed') await commit(join(box, 'lost+found', 'commit'));
      await copy(image, cut);
      await unmount();
      await mount(cut);
    },
    close: unmount,
  };
}

/** Nothing is left for the kernel to write behind our back. */
const EAGER = 'lazy_itable_init=0,lazy_journal_init=0';

/** An fsync of any file commits the journal of the whole file system. */
async function commit(path: string): Promise<void> {
  const handle = await open(path, 'w');
  await handle.sync();
  await handle.close();
}

async function makeFolders(box: string): Promise<void> {
  for (const name of FOLDERS) await mkdir(join(box, name), { recursive: true });
}
