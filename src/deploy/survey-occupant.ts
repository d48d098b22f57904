/** What stands at a target path, and whether it could become a release as it is. Changes nothing. */
import type { BigIntStats } from 'node:fs';
import { access, constants, lstat, readlink, realpath, stat } from 'node:fs/promises';
import process from 'node:process';
import { escapeText, isErrno } from '../core/index.ts';
import { findMountBelow, isMountPoint, toSystemFailure } from '../system/index.ts';
import { toFolder } from './adoption.ts';
import { releaseOfLink, type TargetLayout } from './layout.ts';
import type { Adoptable, TargetOccupant } from './target-facts.ts';

/** Throws `SYSTEM_*`. */
export async function surveyOccupant(layout: TargetLayout): Promise<TargetOccupant> {
  const { targetPath } = layout;
  try {
    const stats = await lstat(targetPath, { bigint: true });
    if (stats.isSymbolicLink()) return await surveyLink(layout);
    if (!stats.isDirectory()) {
      const what = stats.isFile() ? 'a file' : 'a special file';
      return { kind: 'foreign', what, adoptable: no('TARGET_NOT_ADOPTABLE', `it is ${what}`) };
    }
    const isMounted = await isMountPoint(targetPath);
    const adoptable = isMounted
      ? no('TARGET_MOUNTED', 'something is mounted there')
      : await surveyFolder(layout, stats);
    return { kind: 'foreign', what: isMounted ? 'a mount point' : 'a folder', adoptable };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return { kind: 'nothing' };
    throw toSystemFailure(error, { path: targetPath, action: 'read' });
  }
}

async function surveyLink(layout: TargetLayout): Promise<TargetOccupant> {
  const { targetPath, controlDir } = layout;
  const bytes = await readlink(targetPath, { encoding: 'buffer' });
  const linkText = bytes.toString();
  const releaseId = releaseOfLink(layout, linkText);
  if (releaseId !== null) return { kind: 'release', releaseId, linkText };
  const what = `a link to ${escapeText(linkText)}, which is no release of ours`;
  const foreign = (adoptable: Adoptable): TargetOccupant => ({ kind: 'foreign', what, adoptable });
  // It could not be made again as it is.
  if (!Buffer.from(linkText).equals(bytes)) {
    return foreign(no('TARGET_NOT_ADOPTABLE', 'the text of the link is not UTF-8'));
  }
  const place = await realpath(targetPath).catch(() => null);
  if (place === controlDir || place?.startsWith(`${controlDir}/`) === true) {
    return foreign(no('TARGET_HOLDS_STATE', `it leads into ${controlDir}`));
  }
  return foreign({ kind: 'yes', thing: { kind: 'link', linkText } });
}

async function surveyFolder(layout: TargetLayout, stats: BigIntStats): Promise<Adoptable> {
  const { targetPath, parentDir, holds } = layout;
  if (holds !== null) return no('TARGET_HOLDS_STATE', `it holds ${holds}`);
  const mount = await findMountBelow(targetPath);
  if (mount !== null) return no('TARGET_MOUNTED', `${escapeText(mount)} is mounted in it`);
  const home = await stat(await homeOfReleases(layout), { bigint: true });
  if (home.dev !== stats.dev) {
    return no('TARGET_MOUNTED', 'it lies on another file system than the releases');
  }
  if (!(await mayMove(stats, { targetPath, parentDir }))) {
    return no('TARGET_NOT_WRITABLE', 'this user may not move it');
  }
  return { kind: 'yes', thing: toFolder(stats) };
}

/** The folder of the releases, or the nearest above it that is there. */
async function homeOfReleases({ releasesDir, controlDir, parentDir }: TargetLayout): Promise<string> {
  for (const path of [releasesDir, controlDir]) {
    const isThere = await stat(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return parentDir;
}

/** rename(2): a folder that moves to another one must itself be writable; in a sticky folder, only the owner moves it. */
async function mayMove(
  { uid }: BigIntStats,
  { targetPath, parentDir }: Pick<TargetLayout, 'targetPath' | 'parentDir'>,
): Promise<boolean> {
  const own = BigInt(process.getuid?.() ?? 0);
  const parent = await stat(parentDir, { bigint: true });
  const isSticky = (parent.mode & 0o1000n) !== 0n;
  if (isSticky && own !== 0n && own !== uid && own !== parent.uid) return false;
  return access(targetPath, constants.W_OK).then(
    () => true,
    () => false,
  );
}

function no(code: Extract<Adoptable, { kind: 'no' }>['code'], reason: string): Adoptable {
  return { kind: 'no', code, reason };
}
