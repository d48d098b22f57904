/**
 * Which releases and bundles stay and which go, and why. Pure, and the same over what it left: nothing goes the second time.
 *
 * Never goes: what is live, what a rollback would go back to, what somebody uses, what an unfinished run needs, and what was
 * adopted, since nobody has it a second time.
 */
import type { Verdict } from './types.ts';

/** How many stay; `all` takes nothing away, whatever its state. */
export type Keep = number | 'all';

export interface RetentionPolicy {
  /** Good releases besides what is live. */
  readonly keep: Keep;
  /** Bundles that deployments packed, that of what is live among them. */
  readonly keepBundles: Keep;
}

export const DEFAULT_RETENTION: RetentionPolicy = { keep: 3, keepBundles: 2 };

/** `unsure`: a target could not be read, and what is live there may be of any bundle. */
export type KeptBecause =
  'live' | 'rollback' | 'in-use' | 'unfinished' | 'recent' | 'all' | 'adopted' | 'not-packed-here' | 'unsure';
export type RemovedBecause = 'older' | 'bad' | 'undone';

export type Decision =
  | { readonly action: 'keep'; readonly because: KeptBecause }
  | { readonly action: 'remove'; readonly because: RemovedBecause };

/** A release whose folder stands. */
export interface StandingRelease {
  readonly id: string;
  readonly verdict: Verdict;
  readonly isUndone: boolean;
  /** What stood at the target before the first deployment; null for what was deployed. */
  readonly adopted: object | null;
}

export interface ReleaseNeed {
  /** What is live, or will be; null where nothing is. */
  readonly liveId: string | null;
  /** What an unfinished run goes from and to. */
  readonly unfinished: ReadonlySet<string>;
  readonly inUse: ReadonlySet<string>;
  readonly keep: Keep;
}

/** Nothing need be looked at. */
export function isKeepingAll({ keep, keepBundles }: RetentionPolicy): boolean {
  return keep === 'all' && keepBundles === 'all';
}

/**
 * `releases` stand in the order in which they last were live, oldest first. Good ones stay while they are among the newest
 * good ones; one that is not known to be good stays while it is among those that were live last, whatever they are. What is
 * bad, and what is left of a deployment that was undone, is offered by nothing, and goes at once.
 */
export function decideReleases(releases: readonly StandingRelease[], need: ReleaseNeed): readonly Decision[] {
  const previous = releases.filter(
    ({ id, verdict, isUndone, adopted }) =>
      id !== need.liveId && verdict !== 'bad' && !isUndone && adopted === null,
  );
  const good = previous.filter(({ verdict }) => verdict === 'good');
  const goal = good.at(-1)?.id;
  const recent = new Set([...newest(good, need.keep), ...newest(previous, need.keep).filter(isNotGood)]);
  return releases.map((release): Decision => {
    const { id } = release;
    if (id === need.liveId) return keep('live');
    if (id === goal) return keep('rollback');
    if (need.unfinished.has(id)) return keep('unfinished');
    if (release.adopted !== null) return keep('adopted');
    if (need.keep === 'all') return keep('all');
    if (need.inUse.has(id)) return keep('in-use');
    if (recent.has(release)) return keep('recent');
    return {
      action: 'remove',
      because: release.isUndone ? 'undone' : release.verdict === 'bad' ? 'bad' : 'older',
    };
  });
}

/** A file of the bundles folder. */
export interface ShelvedBundle {
  /** Null for what is no bundle that can be read. */
  readonly bundleId: string | null;
  /** A deployment from this state directory packed it: nobody else's file is touched. */
  readonly isPackedHere: boolean;
  readonly isInUse: boolean;
}

export interface BundleNeed {
  /** Bundles of what is live, on whichever target. */
  readonly live: ReadonlySet<string>;
  /** Of what a rollback would go back to. */
  readonly rollback: ReadonlySet<string>;
  readonly unfinished: ReadonlySet<string>;
  /** False where a target could not be read. */
  readonly isWhole: boolean;
  readonly keepBundles: Keep;
}

/** `bundles` newest first. */
export function decideBundles(bundles: readonly ShelvedBundle[], need: BundleNeed): readonly Decision[] {
  const packed = bundles.filter(({ isPackedHere }) => isPackedHere);
  const recent = new Set(need.keepBundles === 'all' ? packed : packed.slice(0, need.keepBundles));
  return bundles.map((bundle): Decision => {
    const { bundleId } = bundle;
    if (!bundle.isPackedHere || bundleId === null) return keep('not-packed-here');
    if (need.live.has(bundleId)) return keep('live');
    if (need.rollback.has(bundleId)) return keep('rollback');
    if (need.unfinished.has(bundleId)) return keep('unfinished');
    if (!need.isWhole) return keep('unsure');
    if (need.keepBundles === 'all') return keep('all');
    if (bundle.isInUse) return keep('in-use');
    return recent.has(bundle) ? keep('recent') : { action: 'remove', because: 'older' };
  });
}

function keep(because: KeptBecause): Decision {
  return { action: 'keep', because };
}

function newest<T>(oldestFirst: readonly T[], count: Keep): readonly T[] {
  return count === 'all' || count >= oldestFirst.length
    ? oldestFirst
    : oldestFirst.slice(oldestFirst.length - count);
}

function isNotGood({ verdict }: StandingRelease): boolean {
  return verdict !== 'good';
}
