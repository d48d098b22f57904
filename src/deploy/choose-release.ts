/** Which release a rollback means: the one that is named, or the good one that was live before. Pure. */
import { escapeText, quoteWord } from '../core/index.ts';
import { DeployFailure } from './error.ts';
import type { TargetFacts } from './target-facts.ts';
import { previousGood, wasLive, type KnownRelease, type TargetView } from './target-view.ts';

/** Throws `TARGET_UNKNOWN`, `DEPLOY_NOTHING_TO_GO_BACK_TO`, `DEPLOY_RELEASE_UNKNOWN`, `DEPLOY_RELEASE_BAD`. */
export function chooseRelease(
  facts: TargetFacts,
  { to, retryBad }: { readonly to: string | null; readonly retryBad: boolean },
): KnownRelease {
  const { view, targetPath } = facts;
  if (view.lastSeq === 0) {
    throw new DeployFailure('TARGET_UNKNOWN', `Nothing was ever deployed to ${targetPath}.`, {
      details: { target_path: targetPath },
    });
  }
  const release = to === null ? previousGood(view, liveOf(facts)) : findRelease(view, to);
  if (release === null) {
    throw nothingToGoBackTo(facts);
  }
  if (release.verdict === 'bad' && !retryBad) {
    throw new DeployFailure('DEPLOY_RELEASE_BAD', `${release.id} is known to be bad.`, {
      details: { expected: 'a release that is good or unknown', received: `${release.id} (bad)` },
    });
  }
  return release;
}

function nothingToGoBackTo(facts: TargetFacts): DeployFailure {
  const { view, targetPath } = facts;
  const live = liveOf(facts);
  const others = view.releases.filter(
    (release) => release.id !== live && wasLive(release) && release.verdict !== 'bad',
  );
  const target = `--target-path ${quoteWord(targetPath)}`;
  const newest = others.at(-1);
  return new DeployFailure(
    'DEPLOY_NOTHING_TO_GO_BACK_TO',
    `No release on ${targetPath} is known to be good but what is live.`,
    {
      details: { target_path: targetPath, live, unknown_releases: others.map(({ id }) => id) },
      hint:
        newest === undefined
          ? `Deploy a bundle that you trust: milton deploy --bundle FILE ${target}`
          : `Name one that is not known to be bad: milton rollback ${target} --to ${newest.id}`,
    },
  );
}

/** A release that was live once. Throws `DEPLOY_RELEASE_UNKNOWN`. */
export function findRelease(view: TargetView, id: string): KnownRelease {
  const release = view.releases.find((known) => known.id === id && wasLive(known));
  if (release !== undefined) return release;
  const names = view.releases.filter(wasLive).map((known) => known.id);
  throw new DeployFailure('DEPLOY_RELEASE_UNKNOWN', `There is no release ${escapeText(id)} on this target.`, {
    details: { expected: names.join(', '), received: escapeText(id) },
  });
}

/** The release that the link names, or null. */
export function liveOf({ occupant }: TargetFacts): string | null {
  return occupant.kind === 'release' ? occupant.releaseId : null;
}
