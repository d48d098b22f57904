/** What is live on a target, since when, from where, and what one could go back to. Changes nothing. */
import type { EdgeChatTemplate, EdgeUnsafeFile } from '../bundle/index.ts';
import type { Evidence } from '../evidence/index.ts';
import { readLockHolder } from '../system/index.ts';
import { isAdoptedId, releasePath, type TargetLayout } from './layout.ts';
import { RESUME, type RemovalState, type State } from './machine.ts';
import type { TargetOccupant } from './target-facts.ts';
import { NO_METADATA, readReleaseMetadata } from './release-metadata.ts';
import { surveyOccupant } from './survey-occupant.ts';
import { readJournal, type JournalLine } from './journal.ts';
import { previousGood, viewJournal, wasLive, type KnownRelease } from './target-view.ts';

export interface TargetStatus {
  readonly targetPath: string;
  readonly occupant: TargetOccupant;
  readonly live: LiveRelease | null;
  /** Newest first, without what is live; those that never went live left out. */
  readonly previous: readonly KnownRelease[];
  /** What `rollback` would go back to. */
  readonly rollbackTo: string | null;
  readonly unfinished: UnfinishedRun | null;
  /** False where nothing was ever deployed here. */
  readonly isKnown: boolean;
}

export interface LiveRelease {
  readonly id: string;
  readonly releasePath: string;
  /** Null for a release that the journal does not know. */
  readonly known: KnownRelease | null;
  readonly evidence: Evidence;
  /** The timestamp of the registry entry that it was made from. */
  readonly registeredAt: string | null;
  /** Null where the release does not say which it has. */
  readonly chatTemplates: readonly EdgeChatTemplate[] | null;
  /** Files that run code when they are loaded, and that were allowed. */
  readonly unsafeFiles: readonly EdgeUnsafeFile[];
}

export interface UnfinishedRun {
  readonly transaction: string;
  readonly state: State | RemovalState;
  readonly at: string;
  readonly next: (typeof RESUME)[State] | 'finish-removal';
  /** The process that is at work on it now; null where it ended without an end, and the next run settles it. */
  readonly runningPid: number | null;
}

/** Throws `DEPLOY_JOURNAL_DAMAGED`, `SYSTEM_*`. */
export async function readStatus(layout: TargetLayout): Promise<TargetStatus> {
  const occupant = await surveyOccupant(layout);
  const view = viewJournal(await readJournal(layout.journalFile));
  const liveId = occupant.kind === 'release' ? occupant.releaseId : null;
  const { unfinished } = view;
  return {
    targetPath: layout.targetPath,
    occupant,
    live: liveId === null ? null : await describeLive(layout, liveId, view.releases),
    previous: view.releases.filter((release) => release.id !== liveId && wasLive(release)).toReversed(),
    rollbackTo: previousGood(view, liveId)?.id ?? null,
    unfinished: unfinished === null ? null : await describeUnfinished(layout, unfinished),
    isKnown: view.lastSeq > 0,
  };
}

async function describeUnfinished(layout: TargetLayout, line: JournalLine): Promise<UnfinishedRun> {
  const holder = await readLockHolder(layout.lockFile);
  return {
    transaction: line.transaction,
    state: line.state,
    at: line.at,
    next: line.kind === 'prune' ? 'finish-removal' : RESUME[line.state],
    runningPid: holder?.pid ?? null,
  };
}

async function describeLive(
  layout: TargetLayout,
  id: string,
  releases: readonly KnownRelease[],
): Promise<LiveRelease> {
  const path = releasePath(layout, id);
  const known = releases.find((release) => release.id === id) ?? null;
  const metadata = isAdoptedId(id)
    ? NO_METADATA
    : await readReleaseMetadata(path, known?.artifactSha256 ?? '');
  const { evidence, registeredAt, chatTemplates = null, unsafeFiles } = metadata;
  return { id, releasePath: path, known, evidence, registeredAt, chatTemplates, unsafeFiles };
}
