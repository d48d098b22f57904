/** The moment of going live, and of going back: one link, swapped in one step. */
import { rm, symlink } from 'node:fs/promises';
import { replaceLink, syncDirectory, temporaryName, toSystemFailure } from '../system/index.ts';
import { DeployFailure } from './error.ts';
import { linkText, type TargetLayout } from './layout.ts';
import type { TargetOccupant } from './target-facts.ts';
import { surveyOccupant } from './survey-occupant.ts';

/** Refuses unless the link still says what it said when the change was planned. Throws `TARGET_MOVED`. */
export async function assertLinkIs(layout: TargetLayout, expected: string | null): Promise<void> {
  const occupant = await surveyOccupant(layout);
  if (
    occupant.kind === 'release'
      ? occupant.releaseId === expected
      : occupant.kind === 'nothing' && expected === null
  ) {
    return;
  }
  throw new DeployFailure('TARGET_MOVED', `${layout.targetPath} was changed by somebody else meanwhile.`, {
    details: { expected: expected ?? 'nothing there', received: describeOccupant(occupant) },
  });
}

/** Points the target at a release. */
export async function pointAt(layout: TargetLayout, releaseId: string): Promise<void> {
  await replaceLink(layout.targetPath, linkText(layout, releaseId));
}

/**
 * Puts the link back: to the release that was live, or away where there was none. Refuses to touch a link that is
 * neither (`TARGET_MOVED`).
 */
export async function pointBack(layout: TargetLayout, from: string | null, to: string): Promise<void> {
  const live = await readLive(layout);
  if (live !== to) {
    await assertLinkIs(layout, from);
    return;
  }
  if (from !== null) {
    await pointAt(layout, from);
    return;
  }
  await rm(layout.targetPath, { force: true });
  await syncDirectory(layout.parentDir);
}

/** What the throw-away link says: it leads nowhere. */
export const REHEARSAL_TEXT = '.milton-rehearsal';

/** Makes and swaps a throw-away link: where that fails, nothing has been changed yet. */
export async function rehearseSwap(layout: TargetLayout): Promise<void> {
  const rehearsal = temporaryName(layout.targetPath);
  try {
    await symlink(REHEARSAL_TEXT, rehearsal);
    await replaceLink(rehearsal, REHEARSAL_TEXT);
  } catch (error) {
    throw toSystemFailure(error, { path: layout.parentDir, action: 'write' });
  } finally {
    await rm(rehearsal, { force: true }).catch(() => undefined);
  }
}

/** The id of the release that the link names, or null. */
export async function readLive(layout: TargetLayout): Promise<string | null> {
  const occupant = await surveyOccupant(layout);
  return occupant.kind === 'release' ? occupant.releaseId : null;
}

/** What a person reads for it. */
export function describeOccupant(occupant: TargetOccupant): string {
  switch (occupant.kind) {
    case 'nothing':
      return 'nothing there';
    case 'release':
      return occupant.releaseId;
    case 'foreign':
      return occupant.what;
  }
}
