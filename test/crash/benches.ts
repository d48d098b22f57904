/** Benches for a while: a folder of their own, the shelf, a lab for each worker, and all of it gone afterwards. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { writePreload } from './fixed-names.ts';
import { openLab, type Lab } from './lab.ts';
import { openDiskPlace, openFolderPlace, type DiskPlace } from './place.ts';
import { fillShelf, type Shelf } from './shelf.ts';

export interface BenchOptions {
  /** `dist/cli/main.js` of the build that is tried. */
  readonly main: string;
  readonly workers: number;
  /** Leaves the folders for somebody to look at. */
  readonly keep?: boolean;
}

export interface Benches {
  readonly main: string;
  readonly shelf: Shelf;
  readonly folder: string;
  openLabs(): Promise<readonly Lab[]>;
  /** Each on a disk of its own that can lose its power. */
  openDiskLabs(): Promise<readonly DiskLab[]>;
}

export type DiskLab = Lab & { readonly place: DiskPlace };

export async function withBenches<T>(
  { main, workers, keep = false }: BenchOptions,
  use: (benches: Benches) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'milton-crash-'));
  const onSignal = (): void => {
    removeByForce(folder);
    process.exit(130);
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  const cleanUps: (() => Promise<void>)[] = [];
  try {
    const shelf = await fillShelf(join(folder, 'shelf'), main);
    const preload = await writePreload(folder);
    let no = 0;
    const openRoot = async (): Promise<string> => {
      no += 1;
      const root = join(folder, String(no));
      await mkdir(root);
      return root;
    };
    const lab = <P extends Lab['place']>(place: P, root: string): Lab & { readonly place: P } => ({
      ...openLab({ place, shelf, folder: root, preload, main }),
      place,
    });
    const all = <P>(open: () => Promise<P>): Promise<P[]> =>
      Promise.all(Array.from({ length: workers }, () => open()));
    return await use({
      main,
      shelf,
      folder,
      openLabs: () =>
        all(async () => {
          const root = await openRoot();
          return lab(await openFolderPlace(root), root);
        }),
      openDiskLabs: () =>
        all(async () => {
          const root = await openRoot();
          const place = await openDiskPlace(root);
          cleanUps.push(place.close);
          return lab(place, root);
        }),
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    if (!keep) {
      for (const cleanUp of cleanUps) await cleanUp();
      await rm(folder, { recursive: true, force: true });
    }
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Whoever interrupts a walk keeps no file system of it mounted. */
function removeByForce(folder: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mounts) spawnSync('umount', ['--lazy', path]);
  rmSync(folder, { recursive: true, force: true });
}
