/** What the journal says about a target: its releases with their verdicts, what was live when, a run left unfinished. */
import { isJsonObject } from '../core/index.ts';
import { ADOPTED_VERSION, parseAdoption, type Adoption } from './adoption.ts';
import type { JournalLine, RunLine } from './journal.ts';
import { isEndState } from './machine.ts';
import { parseService, type ServiceSettings } from './service-settings.ts';
import { LOAD_TEST_KINDS, type LoadTestKind, type LoadTestReport, type Verdict } from './types.ts';

/** The speed of a load test, and how it was measured. */
export type MeasuredSpeed = Pick<
  LoadTestReport,
  'kind' | 'engine' | 'engine_version' | 'prompt' | 'tokens' | 'tokens_per_second'
>;

export interface KnownRelease {
  readonly id: string;
  readonly version: string;
  readonly bundleId: string;
  readonly artifactSha256: string;
  readonly verdict: Verdict;
  /** Why it is unknown, where the journal tells; null for good and bad ones. */
  readonly unknownBecause: UnknownReason | null;
  /** The load test that it passed last, or how it went without; null if it never got that far. */
  readonly loadTestKind: LoadTestKind | null;
  /** What that test measured, as far as it says how. */
  readonly measured: MeasuredSpeed | null;
  /** When it last went live, as the clock of the machine said; null if it never did. */
  readonly liveSince: string | null;
  /** How what was there before Milton Edge is known again; null for what was deployed. It has no digest, no metadata. */
  readonly adopted: Adoption | null;
  /** The deployment that made it was taken back before it was live: whatever stands of it is remains. */
  readonly isUndone: boolean;
}

export type UnknownReason =
  | 'rolled back from'
  | 'its digests were not verified, or no longer match'
  | 'it was adopted, without digests';

export interface TargetView {
  /** Without what was removed. Those that went live, in the order in which they last did; one that never did stands where it was first named. */
  readonly releases: readonly KnownRelease[];
  /** What was taken away, or is being so: known still, since a digest that was found bad stays bad. */
  readonly removed: readonly KnownRelease[];
  /** The last line of a transaction that has no end, or null. */
  readonly unfinished: JournalLine | null;
  /** What that transaction adopts, or null. */
  readonly adopting: Adoption | null;
  /** How the server was restarted and probed the last time that it was; null if it never was. */
  readonly service: ServiceSettings | null;
  readonly lastSeq: number;
}

/** Folds the lines of a journal. Pure. */
export function viewJournal(lines: readonly JournalLine[]): TargetView {
  const releases = new Map<string, KnownRelease>();
  const gone = new Set<string>();
  const open = new Map<string, JournalLine>();
  const adoptions = new Map<string, Adoption>();
  let service: ServiceSettings | null = null;
  for (const line of lines) {
    if (line.kind === 'prune') {
      if (line.state === 'removing') open.set(line.transaction, line);
      else open.delete(line.transaction);
      if (line.state === 'kept') gone.delete(line.to);
      else gone.add(line.to);
      continue;
    }
    if (isEndState(line.state)) open.delete(line.transaction);
    else open.set(line.transaction, line);
    service = parseService(line.facts['service']) ?? service;
    const adoption = parseAdoption(line.facts['adopts']) ?? adoptions.get(line.transaction);
    if (adoption !== undefined) adoptions.set(line.transaction, adoption);
    // Stuck, it may lie there too.
    if (adoption !== undefined && (line.state === 'live' || line.state === 'stuck')) {
      releases.set(adoption.releaseId, toAdopted(adoption));
    }
    const known = releases.get(line.to);
    const isLive = line.state === 'live';
    // A release that goes live again moves to the end.
    if (isLive) releases.delete(line.to);
    releases.set(line.to, {
      id: line.to,
      version: line.version,
      bundleId: line.bundle_id,
      artifactSha256: line.artifact_sha256 || (known?.artifactSha256 ?? ''),
      verdict: known?.verdict ?? 'unknown',
      unknownBecause: known?.unknownBecause ?? null,
      loadTestKind: readLoadTestKind(line) ?? known?.loadTestKind ?? null,
      measured: readMeasured(line) ?? known?.measured ?? null,
      liveSince: isLive ? line.at : (known?.liveSince ?? null),
      adopted: known?.adopted ?? null,
      isUndone: isUndone(line) || (known?.isUndone ?? false),
    });
    for (const [id, verdict] of Object.entries(line.verdicts)) {
      const release = releases.get(id);
      if (release !== undefined)
        releases.set(id, { ...release, verdict, unknownBecause: whyUnknown(line, release, verdict) });
    }
  }
  const all = [...releases.values()];
  const unfinished = [...open.values()].at(-1) ?? null;
  return {
    releases: all.filter(({ id }) => !gone.has(id)),
    removed: all.filter(({ id }) => gone.has(id)),
    unfinished,
    adopting: adoptions.get(unfinished?.transaction ?? '') ?? null,
    service,
    lastSeq: lines.at(-1)?.seq ?? 0,
  };
}

/** It was live before the first deployment, since nobody knows when. */
function toAdopted(adopted: Adoption): KnownRelease {
  return {
    id: adopted.releaseId,
    version: ADOPTED_VERSION,
    bundleId: adopted.releaseId,
    artifactSha256: '',
    verdict: 'unknown',
    unknownBecause: 'it was adopted, without digests',
    loadTestKind: null,
    measured: null,
    liveSince: null,
    adopted,
    isUndone: false,
  };
}

/** Whether one could go back to it: it was live once. */
export function wasLive({ liveSince, adopted }: KnownRelease): boolean {
  return liveSince !== null || adopted !== null;
}

/** Only of what that deployment itself made: what it found at the target is not its to take away. */
function isUndone({ kind, transaction, to, state }: RunLine): boolean {
  const isTakenBack = state === 'refused' || state === 'failed' || state === 'rolled-back';
  return kind === 'deploy' && transaction === to && isTakenBack;
}

function whyUnknown(
  line: RunLine,
  { id, adopted }: KnownRelease,
  verdict: Verdict,
): KnownRelease['unknownBecause'] {
  if (verdict !== 'unknown') return null;
  if (adopted !== null) return 'it was adopted, without digests';
  const isLeft = line.kind === 'rollback' && id === line.from;
  return isLeft ? 'rolled back from' : 'its digests were not verified, or no longer match';
}

function readLoadTestKind({ facts }: JournalLine): LoadTestKind | null {
  const report = facts['load_test'];
  const kind = isJsonObject(report) ? report['kind'] : null;
  return LOAD_TEST_KINDS.find((known) => known === kind) ?? null;
}

function readMeasured({ facts }: JournalLine): MeasuredSpeed | null {
  const report = facts['load_test'];
  if (report === undefined || !isJsonObject(report) || report['kind'] !== 'inference') return null;
  const { engine, engine_version, prompt, tokens, tokens_per_second } = report;
  const isWhole =
    typeof engine === 'string' &&
    typeof engine_version === 'string' &&
    typeof prompt === 'string' &&
    typeof tokens === 'number' &&
    typeof tokens_per_second === 'number';
  return isWhole ? { kind: 'inference', engine, engine_version, prompt, tokens, tokens_per_second } : null;
}

/** The release to go back to: the good one that was live last, before what is live now. */
export function previousGood(view: TargetView, liveId: string | null): KnownRelease | null {
  return (
    view.releases.filter((release) => release.verdict === 'good' && release.id !== liveId).at(-1) ?? null
  );
}
