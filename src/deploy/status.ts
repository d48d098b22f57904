/** What is live on a target, since when, from where, and what one could go back to. Changes nothing. */
import type { Evidence } from '../evidence/index.ts';
import { releasePath, type TargetLayout } from './layout.ts';
import { RESUME, type State } from './machine.ts';
import type { TargetOccupant } from './target-facts.ts';
import { readReleaseMetadata } from './release-metadata.ts';
import { surveyOccupant } from './survey-target.ts';
import { readJournal } from './journal.ts';
import { previousGood, viewJournal, type KnownRelease } from './target-view.ts';

export interface TargetStatus {
  readonly targetPath: string;
  readonly occupant: TargetOccupant;
  readonly live: LiveRelease | null;
  /** Newest first, without what is live; those that never went live left out. */
  readonly previous: readonly KnownRelease[];
  /** What `rollback` would go back to. */
  readonly rollbackTo: string | null;
  readonly unfinished: UnfinishedRun | null;
}

export interface LiveRelease {
  readonly id: string;
  readonly releasePath: string;
  /** Null for a release that the journal does not know. */
  readonly known: KnownRelease | null;
  readonly evidence: Evidence | null;
}

export interface UnfinishedRun {
  readonly transaction: string;
  readonly state: State;
  readonly at: string;
  readonly next: (typeof RESUME)[State];
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
    previous: view.releases.filter(({ id, liveSince }) => id !== liveId && liveSince !== null).toReversed(),
    rollbackTo: previousGood(view, liveId)?.id ?? null,
    unfinished:
      unfinished === null
        ? null
        : {
            transaction: unfinished.transaction,
            state: unfinished.state,
            at: unfinished.at,
            next: RESUME[unfinished.state],
          },
  };
}

async function describeLive(
  layout: TargetLayout,
  id: string,
  releases: readonly KnownRelease[],
): Promise<LiveRelease> {
  const path = releasePath(layout, id);
  return {
    id,
    releasePath: path,
    known: releases.find((release) => release.id === id) ?? null,
    evidence: (await readReleaseMetadata(path)).evidence,
  };
}
