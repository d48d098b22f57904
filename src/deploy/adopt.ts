/**
 * Takes what stands at a target over as a release, and gives it back. Where names can be exchanged, the target is never
 * missing; else a folder is moved first, which the journal has said before. Nothing of somebody else's is ever removed.
 */
import { lstat, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isErrno } from '../core/index.ts';
import { replaceLink, syncDirectory, temporaryName, toSystemFailure } from '../system/index.ts';
import { describeOccupant, REHEARSAL_TEXT } from './activate.ts';
import { isSameThing, toFolder, type Adoption, type ForeignThing } from './adoption.ts';
import { DeployFailure } from './error.ts';
import { linkText, partialPath, releasePath, type TargetLayout } from './layout.ts';
import { removeFolder } from './release-folder.ts';
import { surveyOccupant } from './survey-occupant.ts';
import type { TargetOccupant } from './target-facts.ts';

/** Makes two names change places in one step; throws an error with a code of the system's. */
export type Exchange = (a: string, b: string) => void;

/**
 * Whether two names beside the releases can be exchanged, found out on two that are thrown away. Throws `SYSTEM_*` where
 * not even those can be made.
 */
export async function rehearseExchange(
  layout: TargetLayout,
  { releaseId }: Pick<Adoption, 'releaseId'>,
  exchange: Exchange | null,
): Promise<boolean> {
  if (exchange === null) return false;
  const { folder, link } = rehearsalNames(layout, releaseId);
  try {
    await mkdir(folder, { mode: 0o700 });
    await symlink(REHEARSAL_TEXT, link);
    exchange(folder, link);
    return true;
  } catch (error) {
    // renameat2(2): the kernel, or the file system, has no such rename.
    if (isErrno(error, 'ENOSYS', 'EINVAL', 'EOPNOTSUPP')) return false;
    throw toSystemFailure(error, { path: folder, action: 'write' });
  } finally {
    await removeRehearsal(layout, releaseId);
  }
}

/** Removes what a rehearsal that was cut off has left. */
export async function removeRehearsal(layout: TargetLayout, releaseId: string): Promise<void> {
  const { folder, link } = rehearsalNames(layout, releaseId);
  await removeFolder(folder);
  await removeFolder(link);
}

/** Throws `TARGET_MOVED` unless the very thing still stands there that was found when the change was planned. */
export async function assertStillThere(layout: TargetLayout, thing: ForeignThing): Promise<void> {
  const standing = await surveyOccupant(layout);
  if (!isThing(standing, thing)) throw moved(layout, thing, standing);
}

/** Exchanges the folder for a link to the release. Throws `TARGET_MOVED`, `TARGET_MOUNTED`, `SYSTEM_*`. */
export async function exchangeFolder(
  layout: TargetLayout,
  { adoption: { releaseId, thing }, to }: { readonly adoption: Adoption; readonly to: string },
  exchange: Exchange,
): Promise<void> {
  const { targetPath, releasesDir } = layout;
  const kept = releasePath(layout, releaseId);
  await doing(layout, async () => {
    await symlink(linkText(layout, to), kept);
    await syncDirectory(releasesDir);
    exchange(kept, targetPath);
    if (await isFolder(kept, thing)) return;
    // Somebody placed another thing there in the last moment: it goes back at once.
    const standing = await surveyOccupant(layout);
    exchange(kept, targetPath);
    throw moved(layout, thing, standing);
  });
  await syncBoth(layout);
}

/** Moves the folder away, so that nothing stands at the target for a moment. Throws `TARGET_MOUNTED`, `SYSTEM_*`. */
export async function moveFolderAside(layout: TargetLayout, { releaseId }: Adoption): Promise<void> {
  await doing(layout, () => rename(layout.targetPath, releasePath(layout, releaseId)));
  await syncBoth(layout);
}

/** Makes the link where nothing stands any more. Throws `SYSTEM_FILE_EXISTS`, `SYSTEM_*`. */
export async function linkWhereNothingIs(layout: TargetLayout, to: string): Promise<void> {
  await doing(layout, () => symlink(linkText(layout, to), layout.targetPath));
  await syncDirectory(layout.parentDir);
}

/** Keeps a link that leads where the foreign one leads, then swaps that one for ours. Throws `SYSTEM_*`. */
export async function replaceForeignLink(
  layout: TargetLayout,
  { releaseId, text, to }: { readonly releaseId: string; readonly text: string; readonly to: string },
): Promise<void> {
  await doing(layout, () => symlink(textFromReleases(layout, text), releasePath(layout, releaseId)));
  await syncDirectory(layout.releasesDir);
  await replaceLink(layout.targetPath, linkText(layout, to));
}

/** What a link among the releases says to lead where one at the target leads. */
export function textFromReleases({ parentDir, releasesDir }: TargetLayout, text: string): string {
  if (text.startsWith('/')) return text;
  // Put before it as it is: made shorter, it could lead elsewhere where a part of it is a link.
  const way = relative(releasesDir, parentDir);
  return way === '' ? text : `${way}/${text}`;
}

/**
 * Puts back what stood at the target, the very folder, wherever the adoption had come to; can be done any number of times.
 * Throws `TARGET_MOVED` where something else stands there by now, or the folder is not where it was kept; `SYSTEM_*`.
 */
export async function giveBack(
  layout: TargetLayout,
  { adoption, to }: { readonly adoption: Adoption; readonly to: string },
  exchange: Exchange | null,
): Promise<void> {
  const { thing, releaseId } = adoption;
  const kept = releasePath(layout, releaseId);
  const standing = await surveyOccupant(layout);
  if (!isThing(standing, thing)) {
    const isOurs = standing.kind === 'release' && standing.releaseId === to;
    const isBetween = standing.kind === 'nothing' && thing.kind === 'folder';
    if (!isOurs && !isBetween) throw moved(layout, thing, standing);
    if (thing.kind === 'link') await replaceLink(layout.targetPath, thing.linkText);
    else if (await isFolder(kept, thing)) await moveFolderBack(layout, { kept, isBetween }, exchange);
    else throw moved(layout, thing, standing);
  }
  // By now a link of ours has that name, or nothing.
  if (await isLink(kept)) await doing(layout, () => rm(kept));
  await syncBoth(layout);
}

async function moveFolderBack(
  layout: TargetLayout,
  { kept, isBetween }: { readonly kept: string; readonly isBetween: boolean },
  exchange: Exchange | null,
): Promise<void> {
  const { targetPath } = layout;
  if (isBetween) return doing(layout, () => rename(kept, targetPath));
  if (exchange !== null && (await tryExchange(layout, exchange, kept))) return;
  const aside = temporaryName(targetPath);
  await doing(layout, async () => {
    await rename(targetPath, aside);
    try {
      await rename(kept, targetPath);
    } catch (error) {
      await rename(aside, targetPath);
      throw error;
    }
    await rm(aside);
  });
}

/** False where the file system knows no exchange. */
async function tryExchange(layout: TargetLayout, exchange: Exchange, kept: string): Promise<boolean> {
  try {
    exchange(kept, layout.targetPath);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOSYS', 'EINVAL', 'EOPNOTSUPP')) return false;
    throw toSystemFailure(error, { path: layout.targetPath, action: 'write' });
  }
}

function rehearsalNames(
  layout: TargetLayout,
  releaseId: string,
): { readonly folder: string; readonly link: string } {
  const folder = partialPath(layout, releaseId);
  return { folder, link: join(layout.releasesDir, `.${releaseId}.rehearsal`) };
}

function isThing(standing: TargetOccupant, thing: ForeignThing): boolean {
  if (standing.kind !== 'foreign') return false;
  return standing.adoptable.kind === 'yes' && isSameThing(standing.adoptable.thing, thing);
}

async function isFolder(path: string, thing: ForeignThing): Promise<boolean> {
  const stats = await lstat(path, { bigint: true }).catch(() => null);
  return stats?.isDirectory() === true && isSameThing(toFolder(stats), thing);
}

async function isLink(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => null);
  return stats?.isSymbolicLink() === true;
}

async function syncBoth({ releasesDir, parentDir }: TargetLayout): Promise<void> {
  for (const path of new Set([releasesDir, parentDir])) await syncDirectory(path);
}

/** A rename that would have to copy is none. */
async function doing(layout: TargetLayout, work: () => Promise<void>): Promise<void> {
  const { targetPath } = layout;
  try {
    await work();
  } catch (error) {
    if (isErrno(error, 'EXDEV', 'EBUSY')) {
      throw new DeployFailure(
        'TARGET_MOUNTED',
        `${targetPath} cannot be moved to the releases: the system says that a file system lies between, or in it.`,
        {
          details: {
            expected: 'a folder that one rename can move',
            received: String((error as NodeJS.ErrnoException).code),
          },
          cause: error,
        },
      );
    }
    throw toSystemFailure(error, { path: targetPath, action: 'write' });
  }
}

function moved(layout: TargetLayout, thing: ForeignThing, standing: TargetOccupant): DeployFailure {
  return new DeployFailure('TARGET_MOVED', `${layout.targetPath} was changed by somebody else meanwhile.`, {
    details: { expected: `the ${thing.kind} that stood there`, received: describeOccupant(standing) },
  });
}
