/** What the journal says about a target: its releases with their verdicts, what was live when, a run left unfinished. */
import { isJsonObject } from '../core/index.ts';
import type { JournalLine } from './journal.ts';
import { isEndState } from './machine.ts';
import { parseTester, type LoadTester } from './load-tester.ts';
import { parseService, type ServiceSettings } from './service-settings.ts';
import { LOAD_TEST_KINDS, type LoadTestKind, type LoadTestReport, type Verdict } from './types.ts';

/** The speed of a load test, and how it was measured. */
export type MeasuredSpeed = Pick<
  LoadTestReport,
  'kind' | 'engine' | 'engine_version' | 'engine_flags' | 'prompt' | 'tokens' | 'tokens_per_second'
>;

export interface KnownRelease {
  readonly id: string;
  readonly version: string;
  readonly bundleId: string;
  readonly artifactSha256: string;
  readonly verdict: Verdict;
  /** Why it is unknown, where the journal tells; null for good and bad ones. */
  readonly unknownBecause: 'rolled back from' | 'its digests were not verified, or no longer match' | null;
  /** The load test that it passed last, or how it went without; null if it never got that far. */
  readonly loadTestKind: LoadTestKind | null;
  /** The engine of that test and its version, such as `llama-server 8999 (b97ebdc98)`; null where it does not say. */
  readonly loadTestEngine: string | null;
  /** What that test measured, as far as it says how. */
  readonly measured: MeasuredSpeed | null;
  /** When it last went live, as the clock of the machine said; null if it never did. */
  readonly liveSince: string | null;
}

export interface TargetView {
  /** Those that went live, in the order in which they last did; one that never did stands where it was first named. */
  readonly releases: readonly KnownRelease[];
  /** The last line of a transaction that has no end, or null. */
  readonly unfinished: JournalLine | null;
  /** How the server was restarted and probed the last time that it was; null if it never was. */
  readonly service: ServiceSettings | null;
  /** Who ran the load test of the last run that had one; null if none did. */
  readonly tester: LoadTester | null;
  readonly lastSeq: number;
}

/** Folds the lines of a journal. Pure. */
export function viewJournal(lines: readonly JournalLine[]): TargetView {
  const releases = new Map<string, KnownRelease>();
  const open = new Map<string, JournalLine>();
  let service: ServiceSettings | null = null;
  let tester: LoadTester | null = null;
  for (const line of lines) {
    if (isEndState(line.state)) open.delete(line.transaction);
    else open.set(line.transaction, line);
    service = parseService(line.facts['service']) ?? service;
    tester = parseTester(line.facts['tester']) ?? tester;
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
      loadTestEngine: readLoadTestKind(line) === null ? (known?.loadTestEngine ?? null) : readEngine(line),
      measured: readMeasured(line) ?? known?.measured ?? null,
      liveSince: isLive ? line.at : (known?.liveSince ?? null),
    });
    for (const [id, verdict] of Object.entries(line.verdicts)) {
      const release = releases.get(id);
      if (release !== undefined)
        releases.set(id, { ...release, verdict, unknownBecause: whyUnknown(line, id, verdict) });
    }
  }
  return {
    releases: [...releases.values()],
    unfinished: [...open.values()].at(-1) ?? null,
    service,
    tester,
    lastSeq: lines.at(-1)?.seq ?? 0,
  };
}

function whyUnknown(line: JournalLine, id: string, verdict: Verdict): KnownRelease['unknownBecause'] {
  if (verdict !== 'unknown') return null;
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
  const { engine, engine_version, engine_flags, prompt, tokens, tokens_per_second } = report;
  // Older lines have no flags: the only engine then took none.
  const flags = Array.isArray(engine_flags) ? engine_flags.filter((flag) => typeof flag === 'string') : null;
  const isWhole =
    typeof engine === 'string' &&
    typeof engine_version === 'string' &&
    typeof prompt === 'string' &&
    typeof tokens === 'number' &&
    typeof tokens_per_second === 'number';
  if (!isWhole) return null;
  const how = { engine, engine_version, engine_flags: flags, prompt, tokens };
  return { kind: 'inference', ...how, tokens_per_second };
}

function readEngine({ facts }: JournalLine): string | null {
  const report = facts['load_test'];
  if (report === undefined || !isJsonObject(report)) return null;
  const { engine, engine_version } = report;
  if (typeof engine !== 'string') return null;
  return typeof engine_version === 'string' ? `${engine} ${engine_version}` : engine;
}

/** The release to go back to: the good one that was live last, before what is live now. */
export function previousGood(view: TargetView, liveId: string | null): KnownRelease | null {
  return (
    view.releases.filter((release) => release.verdict === 'good' && release.id !== liveId).at(-1) ?? null
  );
}
