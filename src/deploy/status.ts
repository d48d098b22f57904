/** What is live on a target, since when, from where, and what one could go back to. Changes nothing. */
import { join } from 'node:path';
import type { EdgeChatTemplate, EdgeUnsafeFile } from '../bundle/index.ts';
import type { Evidence } from '../evidence/index.ts';
import { readLockHolder } from '../system/index.ts';
import { isAdoptedId, releasePath, type TargetLayout } from './layout.ts';
import { RESUME, type RemovalState, type State } from './machine.ts';
import type { TargetOccupant } from './target-facts.ts';
import { NO_METADATA, readReleaseMetadata } from './release-metadata.ts';
import { isThere } from './release-folder.ts';
import { surveyOccupant } from './survey-occupant.ts';
import { readJournal, type JournalLine } from './journal.ts';
import { hasService } from './service-settings.ts';
import { readService } from './settle.ts';
import { SIGNATURE_NAME } from './verify-release.ts';
import { previousGood, viewJournal, wasLive, type KnownRelease, type TargetView } from './target-view.ts';

export interface TargetStatus {
  readonly targetPath: string;
  readonly occupant: TargetOccupant;
  readonly live: LiveRelease | null;
  /** Newest first, without what is live; of those that never went live only the bad ones, whose bytes are refused now. */
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
  /** Of the model files, as the manifest says; null where it cannot be read. */
  readonly sizeBytes: number | null;
  /** The timestamp of the registry entry that it was made from. */
  readonly registeredAt: string | null;
  /** Null where the release does not say which it has. */
  readonly chatTemplates: readonly EdgeChatTemplate[] | null;
  /** Files that run code when they are loaded, and that were allowed. */
  readonly unsafeFiles: readonly EdgeUnsafeFile[];
  /** Whether a signature lies in it; who vouched when it went live is in `known`. */
  readonly hasSignature: boolean;
}

export interface UnfinishedRun {
  readonly transaction: string;
  readonly kind: Exclude<JournalLine['kind'], 'policy'>;
  readonly state: State | RemovalState;
  readonly at: string;
  readonly next: (typeof RESUME)[State] | 'finish-removal';
  /** The version that was to go live. */
  readonly version: string;
  /** What was live before, and what the link is put back to; null where nothing was. */
  readonly from: { readonly id: string; readonly version: string | null } | null;
  /** Whether settling it restarts or asks the server. */
  readonly willServe: boolean;
  /** The process that is at work on it now; null where it ended without an end, and the next run settles it. */
  readonly runningPid: number | null;
}

/** Throws `DEPLOY_JOURNAL_DAMAGED`, `SYSTEM_*`. */
export async function readStatus(layout: TargetLayout): Promise<TargetStatus> {
  const occupant = await surveyOccupant(layout);
  const lines = await readJournal(layout.journalFile);
  const view = viewJournal(lines);
  const liveId = occupant.kind === 'release' ? occupant.releaseId : null;
  return {
    targetPath: layout.targetPath,
    occupant,
    live: liveId === null ? null : await describeLive(layout, liveId, view.releases),
    previous: view.releases
      .filter((release) => release.id !== liveId && isWorthKnowing(release))
      .toReversed(),
    rollbackTo: previousGood(view, liveId)?.id ?? null,
    unfinished: await describeUnfinished(layout, lines, view),
    isKnown: view.lastSeq > 0,
  };
}

function isWorthKnowing(release: KnownRelease): boolean {
  return wasLive(release) || release.verdict === 'bad';
}

async function describeUnfinished(
  layout: TargetLayout,
  lines: readonly JournalLine[],
  { unfinished: line, releases }: TargetView,
): Promise<UnfinishedRun | null> {
  if (line === null) return null;
  const { transaction, kind, state, at, version, from } = line;
  const own = lines.filter((one) => one.transaction === transaction);
  const { service, isServerTouched } = readService(own, true);
  const before = releases.find(({ id }) => id === from);
  return {
    transaction,
    kind,
    state,
    at,
    next: line.kind === 'prune' ? 'finish-removal' : RESUME[line.state],
    version,
    from: from === null ? null : { id: from, version: before?.version ?? null },
    willServe: isServerTouched && before !== undefined && hasService(service),
    runningPid: (await readLockHolder(layout.lockFile))?.pid ?? null,
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
  const { evidence, sizeBytes, registeredAt, chatTemplates = null, unsafeFiles } = metadata;
  const hasSignature = !isAdoptedId(id) && (await isThere(join(path, SIGNATURE_NAME)));
  const told = { evidence, sizeBytes, registeredAt, chatTemplates, unsafeFiles };
  return { id, releasePath: path, known, hasSignature, ...told };
}
