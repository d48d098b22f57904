/** Which releases of the journal have a folder on the target, and which folders are left of others. */
import { lstat, readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { isErrno } from '../core/index.ts';
import { toSystemFailure } from '../system/index.ts';
import { readLive } from './activate.ts';
import { partialPath, releasePath, type TargetLayout } from './layout.ts';
import type { KnownRelease, TargetView } from './target-view.ts';

/** Those whose folder is there: what somebody took away by hand is not ours to count. */
export async function findStanding(
  layout: TargetLayout,
  releases: readonly KnownRelease[],
): Promise<readonly KnownRelease[]> {
  const standing: KnownRelease[] = [];
  for (const release of releases) {
    const stats = await lstat(releasePath(layout, release.id)).catch(() => null);
    if (stats?.isDirectory() === true) standing.push(release);
  }
  return standing;
}

/**
 * Unfinished folders of releases that the journal knows, but for those of a run that has no end; and what a power cut brought
 * back of one that was removed.
 */
export async function findRemains(layout: TargetLayout, view: TargetView): Promise<readonly string[]> {
  const removed = view.removed.map(({ id }) => id);
  const known = [...view.releases.map(({ id }) => id), ...removed];
  const live = await readLive(layout);
  const isOver = (id: string): boolean => id !== view.unfinished?.to && id !== live;
  const paths = [
    ...known.filter(isOver).map((id) => partialPath(layout, id)),
    ...removed.filter(isOver).map((id) => releasePath(layout, id)),
  ];
  const names = new Set(await readNames(layout.releasesDir));
  return paths.filter((path) => names.has(basename(path)));
}

async function readNames(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw toSystemFailure(error, { path, action: 'read' });
  }
}
