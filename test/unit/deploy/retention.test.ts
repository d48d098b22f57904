import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideBundles,
  decideReleases,
  isKeepingAll,
  type BundleNeed,
  type Decision,
  type ReleaseNeed,
  type ShelvedBundle,
  type StandingRelease,
} from '../../../src/deploy/retention.ts';

const good = (id: string): StandingRelease => ({ id, verdict: 'good', isUndone: false, adopted: null });
const unknown = (id: string): StandingRelease => ({ id, verdict: 'unknown', isUndone: false, adopted: null });
const bad = (id: string): StandingRelease => ({ id, verdict: 'bad', isUndone: false, adopted: null });

const none: ReadonlySet<string> = new Set();
const need = (rest: Partial<ReleaseNeed> = {}): ReleaseNeed => ({
  liveId: null,
  unfinished: none,
  inUse: none,
  keep: 3,
  ...rest,
});
const words = (decisions: readonly Decision[]): string[] =>
  decisions.map(({ action, because }) => `${action} ${because}`);
const goingOf = (releases: readonly StandingRelease[], how: ReleaseNeed): string[] => {
  const decisions = decideReleases(releases, how);
  return releases.filter((_, at) => decisions[at]?.action === 'remove').map(({ id }) => id);
};

describe('decideReleases', () => {
  it('keeps what is live, the three newest good ones besides it, and no more', () => {
    const releases = ['a', 'b', 'c', 'd', 'e'].map(good);
    expect(words(decideReleases(releases, need({ liveId: 'e' })))).toEqual([
      'remove older',
      'keep recent',
      'keep recent',
      'keep rollback',
      'keep live',
    ]);
  });

  it('keeps what a rollback goes back to where none at all are to be kept', () => {
    const releases = [good('a'), good('b'), unknown('c'), good('d')];
    expect(goingOf(releases, need({ liveId: 'd', keep: 0 }))).toEqual(['a', 'c']);
  });

  it('counts only good ones, and keeps others while they were among the last that were live', () => {
    const releases = [good('a'), good('b'), unknown('c'), unknown('d'), unknown('e'), good('f')];
    expect(goingOf(releases, need({ liveId: 'f', keep: 2 }))).toEqual(['c']);
  });

  it('never takes what was adopted, nor counts it', () => {
    const releases = [{ ...unknown('x'), adopted: {} }, good('a'), good('b'), good('c')];
    expect(goingOf(releases, need({ liveId: 'c', keep: 1 }))).toEqual(['a']);
  });

  it('lets bad ones and those of an undone deployment go first, however new', () => {
    const releases = [good('a'), bad('b'), { ...unknown('c'), isUndone: true }, good('d')];
    expect(words(decideReleases(releases, need({ liveId: 'd' })))).toEqual([
      'keep rollback',
      'remove bad',
      'remove undone',
      'keep live',
    ]);
  });

  it('keeps what is live although it is bad or was undone', () => {
    expect(goingOf([bad('a')], need({ liveId: 'a', keep: 0 }))).toEqual([]);
    expect(goingOf([{ ...unknown('a'), isUndone: true }], need({ liveId: 'a', keep: 0 }))).toEqual([]);
  });

  it('keeps what somebody uses and what an unfinished run needs, bad ones too', () => {
    const releases = [bad('a'), good('b'), good('c'), good('d')];
    const how = need({ liveId: 'd', keep: 0, inUse: new Set(['a']), unfinished: new Set(['b']) });
    expect(words(decideReleases(releases, how))).toEqual([
      'keep in-use',
      'keep unfinished',
      'keep rollback',
      'keep live',
    ]);
  });

  it('takes nothing away with all, not even what is bad', () => {
    expect(goingOf([bad('a'), good('b'), good('c')], need({ keep: 'all' }))).toEqual([]);
  });

  const releases = fc.uniqueArray(
    fc.record({
      id: fc.stringMatching(/^[a-j]$/),
      verdict: fc.constantFrom('good' as const, 'bad' as const, 'unknown' as const),
      isUndone: fc.boolean(),
      adopted: fc.constantFrom(null, null, null, {}),
    }),
    { selector: ({ id }) => id, maxLength: 10 },
  );
  const ids = fc.uniqueArray(fc.stringMatching(/^[a-j]$/)).map((all) => new Set(all));
  const needs = fc.record({
    liveId: fc.option(fc.stringMatching(/^[a-j]$/)),
    unfinished: ids,
    inUse: ids,
    keep: fc.oneof(fc.nat(5), fc.constant('all' as const)),
  });
  const offered = (all: readonly StandingRelease[], liveId: string | null): readonly StandingRelease[] =>
    all.filter(
      ({ id, verdict, isUndone, adopted }) =>
        verdict === 'good' && !isUndone && adopted === null && id !== liveId,
    );

  it('never takes what is live, the newest good one besides, what is used or needed', () => {
    fc.assert(
      fc.property(releases, needs, (all, how) => {
        const going = new Set(goingOf(all, how));
        const goal = offered(all, how.liveId).at(-1)?.id;
        for (const id of [how.liveId, goal, ...how.unfinished, ...how.inUse]) {
          if (id !== null && id !== undefined) expect(going.has(id)).toBe(false);
        }
      }),
    );
  });

  it('leaves as many good ones as were asked for, where there are so many', () => {
    fc.assert(
      fc.property(releases, needs, (all, how) => {
        const going = new Set(goingOf(all, how));
        const candidates = offered(all, how.liveId);
        const left = candidates.filter(({ id }) => !going.has(id));
        const wanted = how.keep === 'all' ? candidates.length : how.keep;
        expect(left.length).toBeGreaterThanOrEqual(Math.min(wanted, candidates.length));
      }),
    );
  });

  it('takes no more where more is to be kept, and nothing the second time', () => {
    fc.assert(
      fc.property(releases, needs, (all, how) => {
        const going = new Set(goingOf(all, how));
        if (how.keep !== 'all') {
          for (const id of goingOf(all, { ...how, keep: how.keep + 1 })) expect(going.has(id)).toBe(true);
        }
        const left = all.filter(({ id }) => !going.has(id));
        expect(goingOf(left, how)).toEqual([]);
      }),
    );
  });
});

describe('decideBundles', () => {
  const packed = (bundleId: string): ShelvedBundle => ({ bundleId, isPackedHere: true, isInUse: false });
  const bundleNeed = (rest: Partial<BundleNeed> = {}): BundleNeed => ({
    live: none,
    rollback: none,
    unfinished: none,
    isWhole: true,
    keepBundles: 2,
    ...rest,
  });

  it('keeps the newest, and those of what is live and of what a rollback goes back to, however old', () => {
    const bundles = ['e', 'd', 'c', 'b', 'a'].map(packed);
    const how = bundleNeed({ live: new Set(['b']), rollback: new Set(['a']) });
    expect(words(decideBundles(bundles, how))).toEqual([
      'keep recent',
      'keep recent',
      'remove older',
      'keep live',
      'keep rollback',
    ]);
  });

  it('leaves alone, and does not count, what no deployment packed or cannot be read', () => {
    const foreign: ShelvedBundle = { bundleId: 'x', isPackedHere: false, isInUse: false };
    const unreadable: ShelvedBundle = { bundleId: null, isPackedHere: false, isInUse: false };
    const bundles = [foreign, unreadable, packed('b'), packed('a')];
    expect(words(decideBundles(bundles, bundleNeed({ keepBundles: 1 })))).toEqual([
      'keep not-packed-here',
      'keep not-packed-here',
      'keep recent',
      'remove older',
    ]);
  });

  it('keeps what somebody reads, what a run needs, and everything while a target cannot be read', () => {
    const bundles = [{ ...packed('b'), isInUse: true }, packed('a')];
    const how = bundleNeed({ keepBundles: 0, unfinished: new Set(['a']) });
    expect(words(decideBundles(bundles, how))).toEqual(['keep in-use', 'keep unfinished']);
    expect(words(decideBundles(bundles, bundleNeed({ keepBundles: 0, isWhole: false })))).toEqual([
      'keep unsure',
      'keep unsure',
    ]);
  });

  it('takes nothing away with all', () => {
    const decisions = decideBundles([packed('b'), packed('a')], bundleNeed({ keepBundles: 'all' }));
    expect(decisions.every(({ action }) => action === 'keep')).toBe(true);
  });

  it('never takes what a target needs, what is read, and what is not ours', () => {
    const id = fc.stringMatching(/^[a-f]$/);
    const set = fc.uniqueArray(id).map((all) => new Set(all));
    const bundle = fc.record({ bundleId: fc.option(id), isPackedHere: fc.boolean(), isInUse: fc.boolean() });
    const how = fc.record({
      live: set,
      rollback: set,
      unfinished: set,
      isWhole: fc.boolean(),
      keepBundles: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(bundle, { maxLength: 8 }), how, (bundles, needed) => {
        const decisions = decideBundles(bundles, needed);
        for (const [at, one] of bundles.entries()) {
          if (decisions[at]?.action !== 'remove') continue;
          const { bundleId, isPackedHere, isInUse } = one;
          expect(isPackedHere && !isInUse && needed.isWhole).toBe(true);
          for (const kept of [needed.live, needed.rollback, needed.unfinished]) {
            expect(kept.has(bundleId ?? '')).toBe(false);
          }
        }
      }),
    );
  });
});

describe('isKeepingAll', () => {
  it('is true where neither may go', () => {
    expect(isKeepingAll({ keep: 'all', keepBundles: 'all' })).toBe(true);
    expect(isKeepingAll({ keep: 'all', keepBundles: 0 })).toBe(false);
    expect(isKeepingAll({ keep: 0, keepBundles: 'all' })).toBe(false);
  });
});
