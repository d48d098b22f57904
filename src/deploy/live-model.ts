/** Which model is live on a target, resolved once: what a server opens from then on is of one release. */
import { join } from 'node:path';
import { artifactDigest } from '../bundle/index.ts';
import { compareCodeUnits, escapeText } from '../core/index.ts';
import { DeployFailure } from './error.ts';
import { readJournal } from './journal.ts';
import { releasePath, type TargetLayout } from './layout.ts';
import { surveyOccupant } from './survey-occupant.ts';
import { viewJournal } from './target-view.ts';
import { readModelSums } from './verify-release.ts';

export interface LiveArtifact {
  readonly releaseId: string;
  readonly releasePath: string;
  readonly version: string;
  /** Lower-case hex, as the journal and SHA256SUMS of the release both have it. */
  readonly artifactSha256: string;
  /** Absolute paths of the files under `model/`; of a split GGUF the first shard first. */
  readonly modelFiles: readonly string[];
}

/** Reads no weights. Throws `DEPLOY_NOTHING_LIVE`, `TARGET_NOT_OURS`, `DEPLOY_RELEASE_DAMAGED`, `DEPLOY_JOURNAL_DAMAGED`, `SYSTEM_*`. */
export async function findLiveModel(layout: TargetLayout): Promise<LiveArtifact> {
  const { targetPath } = layout;
  const occupant = await surveyOccupant(layout);
  if (occupant.kind === 'nothing') throw nothingLive(targetPath, 'nothing');
  if (occupant.kind === 'foreign') {
    const message = `${escapeText(targetPath)} is ${occupant.what}.`;
    const details = { target: targetPath, expected: 'a link to a release', received: occupant.what };
    throw new DeployFailure('TARGET_NOT_OURS', message, { details });
  }
  const { releaseId } = occupant;
  const { releases } = viewJournal(await readJournal(layout.journalFile));
  const known = releases.find(({ id }) => id === releaseId);
  if (known === undefined) throw nothingLive(targetPath, `${escapeText(releaseId)}, which no journal names`);
  if (known.adopted !== null) {
    throw nothingLive(
      targetPath,
      'what stood there before the first deployment; milton serve --model FILE serves it',
    );
  }
  const directory = releasePath(layout, releaseId);
  const sums = await readModelSums(directory);
  const stated = sums.size === 0 ? null : artifactDigest(sums);
  if (stated !== known.artifactSha256) {
    const message = `${escapeText(directory)} does not state the digest that it was deployed with.`;
    const details = { release_path: directory, expected: known.artifactSha256, received: stated ?? 'none' };
    throw new DeployFailure('DEPLOY_RELEASE_DAMAGED', message, { details });
  }
  return {
    releaseId,
    releasePath: directory,
    version: known.version,
    artifactSha256: known.artifactSha256,
    modelFiles: [...sums.keys()].toSorted(compareCodeUnits).map((path) => join(directory, path)),
  };
}

function nothingLive(targetPath: string, received: string): DeployFailure {
  return new DeployFailure('DEPLOY_NOTHING_LIVE', `Nothing is live at ${escapeText(targetPath)}.`, {
    details: { target_path: targetPath, expected: 'a release', received },
  });
}
