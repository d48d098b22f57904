/** Whether a target still is what was deployed to it: its link, what is live, and on demand every release before. Changes nothing. */
import { quoteWord } from '../core/index.ts';
import type { ReleaseDamage } from './compare-release.ts';
import { DeployFailure } from './error.ts';
import { isReleaseDigest } from './journal-facts.ts';
import { readJournal } from './journal.ts';
import { linkText, releasePath, type TargetLayout } from './layout.ts';
import { isThere } from './release-folder.ts';
import type { WorkOptions } from './release-source.ts';
import { surveyOccupant } from './survey-occupant.ts';
import type { TargetOccupant } from './target-facts.ts';
import { lastLive, viewJournal, type KnownRelease, type TargetView } from './target-view.ts';
import { findDamage } from './verify-release.ts';

/** `live`: only what the link names · `all`: every release that was ever live · or one, by its id. */
export type WhichReleases = 'live' | 'all' | { readonly id: string };

export interface VerifiedRelease {
  readonly id: string;
  /** Null for a live one that the journal does not name. */
  readonly known: KnownRelease | null;
  readonly isLive: boolean;
  readonly releasePath: string;
  readonly found:
    /** Every file was hashed, and none differs. */
    | { readonly kind: 'sound' }
    | { readonly kind: 'damaged'; readonly damage: readonly ReleaseDamage[] }
    /** Known as damaged already; nothing was hashed. */
    | { readonly kind: 'known-damaged' }
    /** A previous one whose folder was removed, and that nobody is sent back to. */
    | { readonly kind: 'gone' }
    /** Nothing says which bytes it should hold. */
    | { readonly kind: 'not-known' };
}

export interface VerifiedTarget {
  readonly targetPath: string;
  readonly link: VerifiedLink;
  /** What is live first, then newest first. */
  readonly releases: readonly VerifiedRelease[];
}

export type VerifiedLink =
  | { readonly kind: 'sound'; readonly releaseId: string }
  /** Nothing was ever live, and nothing stands there. */
  | { readonly kind: 'nothing-live' }
  /** `lastLive`: the release that went live last. */
  | { readonly kind: 'gone'; readonly expected: string; readonly lastLive: string }
  | { readonly kind: 'foreign'; readonly expected: string; readonly received: string };

/** Throws `DEPLOY_JOURNAL_DAMAGED`, `CORE_INTERRUPTED`, `SYSTEM_*`. */
export async function verifyTarget(
  layout: TargetLayout,
  { which, ...work }: WorkOptions & { readonly which: WhichReleases },
): Promise<VerifiedTarget> {
  const view = viewJournal(await readJournal(layout.journalFile));
  const link = judgeLink(await surveyOccupant(layout), view, layout);
  const liveId = link.kind === 'sound' ? link.releaseId : null;
  const releases: VerifiedRelease[] = [];
  for (const id of choose(which, view, liveId)) {
    const known = view.releases.find((release) => release.id === id) ?? null;
    const path = releasePath(layout, id);
    const isLive = id === liveId;
    releases.push({ id, known, isLive, releasePath: path, found: await verify(path, known, isLive, work) });
  }
  return { targetPath: layout.targetPath, link, releases };
}

/** Whether anything differs that somebody should know of and does not know yet. */
export function isSound({ link, releases }: VerifiedTarget): boolean {
  return link.kind !== 'gone' && link.kind !== 'foreign' && !releases.some(isAlarming);
}

/** A previous release of which nothing is known, or that is gone, misleads nobody. */
export function isAlarming({ isLive, found }: VerifiedRelease): boolean {
  return found.kind === 'damaged' || (isLive && found.kind !== 'sound');
}

/** What is wrong with the link; null where nothing is. Whoever took it away may have had a reason: nobody puts it back unasked. */
export function linkFailure({ link, targetPath }: VerifiedTarget): DeployFailure | null {
  if (link.kind === 'sound' || link.kind === 'nothing-live') return null;
  const { expected } = link;
  if (link.kind === 'foreign') {
    return new DeployFailure('TARGET_NOT_OURS', `${targetPath} is ${link.received}.`, {
      details: { expected, received: link.received, target_path: targetPath },
    });
  }
  const message = `Nothing stands at ${targetPath}; ${link.lastLive} went live there.`;
  return new DeployFailure('DEPLOY_LINK_GONE', message, {
    details: { expected, received: 'nothing', target_path: targetPath },
    hint: `Put the link back: milton rollback --target-path ${quoteWord(targetPath)} --to ${link.lastLive}`,
  });
}

function judgeLink(occupant: TargetOccupant, view: TargetView, layout: TargetLayout): VerifiedLink {
  const last = lastLive(view);
  const expected =
    last === null ? 'nothing, or a link that Milton Edge made' : `a link to ${linkText(layout, last.id)}`;
  switch (occupant.kind) {
    case 'release':
      return { kind: 'sound', releaseId: occupant.releaseId };
    case 'nothing':
      return last === null ? { kind: 'nothing-live' } : { kind: 'gone', expected, lastLive: last.id };
    case 'foreign':
      return { kind: 'foreign', expected, received: occupant.what };
  }
}

function choose(which: WhichReleases, { releases }: TargetView, liveId: string | null): readonly string[] {
  const live = liveId === null ? [] : [liveId];
  if (which === 'live') return live;
  if (which !== 'all') return [which.id];
  const previous = releases.filter(({ id, liveSince }) => id !== liveId && liveSince !== null);
  return [...live, ...previous.map(({ id }) => id).toReversed()];
}

const NOTHING_THERE: VerifiedRelease['found'] = {
  kind: 'damaged',
  damage: [{ path: '.', kind: 'missing', expected: null, received: null }],
};

async function verify(
  path: string,
  known: KnownRelease | null,
  isLive: boolean,
  work: WorkOptions,
): Promise<VerifiedRelease['found']> {
  if (known === null || !isReleaseDigest(known.artifactSha256)) return { kind: 'not-known' };
  if (!isLive) {
    if (!(await isThere(path))) return known.verdict === 'good' ? NOTHING_THERE : { kind: 'gone' };
    if (known.badBecause?.kind === 'damaged') return { kind: 'known-damaged' };
  }
  const damage = await findDamage(path, { ...known, ...work });
  return damage.length === 0 ? { kind: 'sound' } : { kind: 'damaged', damage };
}
