/** What the journal says about a target: its releases with their verdicts, what was live when, a run left unfinished. */
import { ADOPTED_VERSION, parseAdoption, type Adoption } from './adoption.ts';
import {
  readAnchors,
  readBundlePath,
  readBecause,
  readDamaged,
  readLoadTest,
  readMeasured,
  readServed,
  type KnownAnchors,
  type KnownLoadTest,
  type KnownService,
  type MeasuredSpeed,
} from './journal-facts.ts';
import { NO_GATES, parseGates, type Gates } from './gates.ts';
import type { JournalLine, RemovalLine, RunLine } from './journal.ts';
import { isEndState } from './machine.ts';
import { parseTester, type LoadTester } from './load-tester.ts';
import { parseService, type ServiceSettings } from './service-settings.ts';
import {
  NO_TRUST_MEMORY,
  readKnownTrust,
  rememberTrust,
  type KnownTrust,
  type TrustMemory,
} from './trust-memory.ts';
import type { LoadTestKind, Verdict } from './types.ts';

export interface KnownRelease extends KnownAnchors {
  readonly id: string;
  readonly version: string;
  readonly bundleId: string;
  /** Where the bundle lay that it was made from; null where there was none. */
  readonly bundlePath: string | null;
  /** What its load test had to show. */
  readonly gates: Gates;
  readonly artifactSha256: string;
  readonly verdict: Verdict;
  /** Why it is unknown, where the journal tells; null for good and bad ones. */
  readonly unknownBecause: UnknownReason | null;
  /** Why it is bad, where the journal tells; null for good and unknown ones. */
  readonly badBecause: BadReason | null;
  /** The load test that it passed last, or how it went without; null if it never got that far. */
  readonly loadTestKind: LoadTestKind | null;
  readonly loadTest: KnownLoadTest | null;
  /** What that test measured, as far as it says how. */
  readonly measured: MeasuredSpeed | null;
  /** How the server took it last; null where no server was restarted or asked. */
  readonly service: KnownService | null;
  /** When it last went live, as the clock of the machine said; null if it never did. */
  readonly liveSince: string | null;
  /** Who vouched for it when it went live; null where nobody did, or nobody asked. */
  readonly trust: KnownTrust | null;
  /** How what was there before Milton Edge is known again; null for what was deployed. It has no digest, no metadata. */
  readonly adopted: Adoption | null;
  /** The deployment that made it was taken back before it was live: whatever stands of it is remains. */
  readonly isUndone: boolean;
}

export type UnknownReason =
  | 'rolled back from'
  | 'its digests were not verified, or no longer match'
  | 'it was adopted, without digests';

/** `damaged`: its copy on this disk; the model it was made from may be good. `failed`: what it did when it was served. */
export interface BadReason {
  readonly kind: 'damaged' | 'failed';
  readonly text: string;
}

export interface TargetView {
  /** Without what was removed. Those that went live, in the order in which they last did; one that never did stands where it was first named. */
  readonly releases: readonly KnownRelease[];
  /** What was taken away, or is being so: known still, since a digest that was found bad stays bad. */
  readonly removed: readonly KnownRelease[];
  /** The last line of a transaction that has no end, or null. */
  readonly unfinished: RunLine | RemovalLine | null;
  /** What that transaction adopts, or null. */
  readonly adopting: Adoption | null;
  /** How the server was restarted and probed the last time that it was; null if it never was. */
  readonly service: ServiceSettings | null;
  /** Who ran the load test of the last run that had one; null if none did. */
  readonly tester: LoadTester | null;
  /** Under which policy it was changed last, and what it took of each line. */
  readonly trust: TrustMemory;
  readonly lastSeq: number;
}

/** Folds the lines of a journal. Pure. */
export function viewJournal(lines: readonly JournalLine[]): TargetView {
  const releases = new Map<string, KnownRelease>();
  const gone = new Set<string>();
  const open = new Map<string, RunLine | RemovalLine>();
  const adoptions = new Map<string, Adoption>();
  let service: ServiceSettings | null = null;
  let tester: LoadTester | null = null;
  let trust = NO_TRUST_MEMORY;
  for (const line of lines) {
    trust = rememberTrust(trust, line);
    if (line.kind === 'policy') continue;
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
    tester = parseTester(line.facts['tester']) ?? tester;
    const adoption = parseAdoption(line.facts['adopts']) ?? adoptions.get(line.transaction);
    if (adoption !== undefined) adoptions.set(line.transaction, adoption);
    // Stuck, it may lie there too.
    if (adoption !== undefined && (line.state === 'live' || line.state === 'stuck')) {
      releases.set(adoption.releaseId, toAdopted(adoption));
    }
    const known = releases.get(line.to);
    // A release that goes live again moves to the end.
    if (line.state === 'live') releases.delete(line.to);
    releases.set(line.to, describeRelease(line, known));
    const served = readServed(line);
    const asked = releases.get(served?.id ?? '');
    if (served !== null && asked !== undefined) {
      releases.set(served.id, { ...asked, service: served.service });
    }
    for (const [id, verdict] of Object.entries(line.verdicts)) {
      const release = releases.get(id);
      if (release === undefined) continue;
      const unknownBecause = whyUnknown(line, release, verdict);
      releases.set(id, { ...release, verdict, unknownBecause, badBecause: whyBad(line, id, verdict) });
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
    tester,
    trust,
    lastSeq: lines.at(-1)?.seq ?? 0,
  };
}

/** The release that a line is about, with what the line adds to what earlier ones said. */
function describeRelease(line: RunLine, known: KnownRelease | undefined): KnownRelease {
  const isLive = line.state === 'live';
  const loadTest = readLoadTest(line) ?? known?.loadTest ?? null;
  const anchors = readAnchors(line);
  return {
    id: line.to,
    version: line.version,
    bundleId: line.bundle_id,
    bundlePath: readBundlePath(line) ?? known?.bundlePath ?? null,
    gates: line.facts['gates'] === undefined ? (known?.gates ?? NO_GATES) : parseGates(line.facts['gates']),
    artifactSha256: line.artifact_sha256 || (known?.artifactSha256 ?? ''),
    sumsSha256: anchors.sumsSha256 ?? known?.sumsSha256 ?? null,
    deployedAt: anchors.deployedAt ?? known?.deployedAt ?? null,
    permissions: anchors.permissions ?? known?.permissions ?? null,
    verdict: known?.verdict ?? 'unknown',
    unknownBecause: known?.unknownBecause ?? null,
    badBecause: known?.badBecause ?? null,
    loadTestKind: loadTest?.kind ?? null,
    loadTest,
    measured: readMeasured(line) ?? known?.measured ?? null,
    // It went live without a server that would have been asked.
    service: isLive ? null : (known?.service ?? null),
    liveSince: isLive ? line.at : (known?.liveSince ?? null),
    trust: readKnownTrust(line) ?? known?.trust ?? null,
    adopted: known?.adopted ?? null,
    isUndone: isUndone(line) || (known?.isUndone ?? false),
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
    badBecause: null,
    bundlePath: null,
    gates: NO_GATES,
    sumsSha256: null,
    deployedAt: null,
    permissions: null,
    loadTestKind: null,
    loadTest: null,
    measured: null,
    service: null,
    liveSince: null,
    trust: null,
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

function whyBad(line: JournalLine, id: string, verdict: Verdict): BadReason | null {
  if (verdict !== 'bad') return null;
  const damaged = readDamaged(line);
  if (damaged?.id === id) return { kind: 'damaged', text: `damaged on disk: ${damaged.files}` };
  const because = readBecause(line);
  return because === null ? null : { kind: 'failed', text: because.message };
}

/** The release that went live last, whatever stands at the target now. */
export function lastLive({ releases }: TargetView): KnownRelease | null {
  return releases.findLast(({ liveSince }) => liveSince !== null) ?? null;
}

/** The release to go back to: the good one that was live last, before what is live now. */
export function previousGood(view: TargetView, liveId: string | null): KnownRelease | null {
  return (
    view.releases.filter((release) => release.verdict === 'good' && release.id !== liveId).at(-1) ?? null
  );
}
