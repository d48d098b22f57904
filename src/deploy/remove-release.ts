/**
 * Takes a release away so that a crash leaves it whole or as remains that the next run removes: the journal says first that
 * it goes, one rename takes its name, and only then is anything deleted.
 */
import { rename } from 'node:fs/promises';
import { messageOf, toStamp, toTimestamp } from '../core/index.ts';
import { syncDirectory } from '../system/index.ts';
import { readLive } from './activate.ts';
import { readWho, type DeployContext } from './context.ts';
import { appendJournal, type RemovalLine } from './journal.ts';
import { partialPath, releasePath, type TargetLayout } from './layout.ts';
import type { RemovalEnd } from './machine.ts';
import { isThere, removeFolder } from './release-folder.ts';
import type { KnownRelease } from './target-view.ts';

export interface Removal {
  /** `kept` where it could not be begun: the release is whole, and offered as before. */
  readonly state: RemovalEnd;
  /** What was in the way; null where nothing is left. */
  readonly problem: string | null;
  readonly lastSeq: number;
}

export interface RemovalOptions {
  /** Names the pruning in the journal. */
  readonly transaction: string;
  readonly liveId: string | null;
  readonly why: string;
  readonly lastSeq: number;
}

/** Names a pruning, which has no model of its own. */
export function toPruneId(at: Date): string {
  return `prune_${toStamp(at)}_${String(at.getUTCMilliseconds()).padStart(3, '0')}`;
}

/** The caller holds the lock, and has decided. Throws only if the journal cannot be written. */
export async function removeRelease(
  release: KnownRelease,
  { transaction, liveId, why, lastSeq }: RemovalOptions,
  context: DeployContext,
): Promise<Removal> {
  const line: RemovalLine = {
    seq: lastSeq + 1,
    transaction,
    kind: 'prune',
    state: 'removing',
    at: toTimestamp(context.clock.now()),
    from: liveId,
    to: release.id,
    version: release.version,
    bundle_id: release.bundleId,
    artifact_sha256: release.artifactSha256,
    who: await readWho(),
    why,
    facts: {},
    verdicts: {},
  };
  await appendJournal(context.layout.journalFile, line);
  return finishRemoval(line, { lastSeq: line.seq }, context);
}

/** Ends a removal whose first line is in the journal, however far it came. Throws only if the journal cannot be written. */
export async function finishRemoval(
  line: RemovalLine,
  { lastSeq }: { readonly lastSeq: number },
  { layout, clock }: DeployContext,
): Promise<Removal> {
  const { state, problem } = await takeAway(layout, line.to);
  const seq = lastSeq + 1;
  const facts = problem === null ? {} : { problem };
  const who = await readWho();
  const at = toTimestamp(clock.now());
  await appendJournal(layout.journalFile, { ...line, seq, state, at, who, facts });
  return { state, problem, lastSeq: seq };
}

async function takeAway(layout: TargetLayout, id: string): Promise<Pick<Removal, 'state' | 'problem'>> {
  const path = releasePath(layout, id);
  const partial = partialPath(layout, id);
  try {
    // Never the live one, whatever was decided before.
    if ((await readLive(layout)) === id) return { state: 'kept', problem: 'it is live' };
    if (await isThere(path)) {
      await removeFolder(partial);
      await rename(path, partial);
    }
  } catch (error) {
    return { state: 'kept', problem: messageOf(error) };
  }
  try {
    // A power cut must not bring the name back without what was below it.
    await syncDirectory(layout.releasesDir);
    await removeFolder(partial);
    await syncDirectory(layout.releasesDir);
    return { state: 'removed', problem: null };
  } catch (error) {
    return { state: 'removed', problem: messageOf(error) };
  }
}
