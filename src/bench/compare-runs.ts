/** Compares two runs, candidate by candidate, and says which differences are noise. Pure. */
import type { BenchmarkRun, Candidate } from '../evidence/index.ts';
import { compareCove, compareRetrieval } from './compare-qualities.ts';
import { compareTimes } from './compare-times.ts';
import { candidateCaveats, runCaveats } from './comparison-caveats.ts';
import type { RecordedCandidate } from './recorded.ts';
import type {
  CandidateComparison,
  ComparedMetric,
  ComparedRun,
  OverallVerdict,
  RunComparison,
} from './run-comparison.ts';
import { toRecorded } from './to-recorded.ts';

/**
 * A candidate of A is held against that of B with its version, else against one with its very bytes. Questions are paired only
 * where both runs state the digest of their suite and it is the same. The same runs give the same answer each time.
 */
export function compareRuns(a: BenchmarkRun, b: BenchmarkRun): RunComparison {
  const pairs = pairCandidates(a.candidates, b.candidates);
  const suite = a.milton?.suite_sha256 ?? null;
  const sameSuite = suite !== null && suite === b.milton?.suite_sha256;
  const candidates = pairs.map(([first, second]) =>
    compareCandidates(toRecorded(first), toRecorded(second), sameSuite),
  );
  const inB = new Set(pairs.map(([, second]) => second));
  const inA = new Set(pairs.map(([first]) => first));
  return {
    a: toComparedRun(a),
    b: toComparedRun(b),
    candidates,
    only_a: a.candidates.filter((one) => !inA.has(one)).map(({ version }) => version),
    only_b: b.candidates.filter((one) => !inB.has(one)).map(({ version }) => version),
    speed: overall(candidates, ['latency_ms', 'tokens_per_sec']),
    quality: overall(candidates, ['cove_pass_rate', 'retrieval_score']),
    noisy: pairs.flat().some((one) => toRecorded(one).conditions.noisy === true),
    caveats: runCaveats(a, b),
  };
}

function pairCandidates(
  a: readonly Candidate[],
  b: readonly Candidate[],
): readonly (readonly [Candidate, Candidate])[] {
  const versionsOfA = new Set(a.map(({ version }) => version));
  const byVersion = new Map(b.map((one) => [one.version, one]));
  const byDigest = new Map(
    b.flatMap((one) =>
      versionsOfA.has(one.version) || !one.artifact ? [] : [[one.artifact.sha256, one] as const],
    ),
  );
  return a.flatMap((first) => {
    const digest = first.artifact?.sha256 ?? '';
    const second = byVersion.get(first.version) ?? byDigest.get(digest);
    // The same bytes may stand in A twice, and are compared once.
    byDigest.delete(digest);
    return second === undefined ? [] : [[first, second] as const];
  });
}

function compareCandidates(
  a: RecordedCandidate,
  b: RecordedCandidate,
  sameSuite: boolean,
): CandidateComparison {
  return {
    version: a.version,
    version_b: b.version,
    metrics: {
      latency_ms: compareTimes(a.latency, b.latency, { sameSuite, better: 'lower' }),
      tokens_per_sec: compareTimes(a.rate, b.rate, { sameSuite, better: 'higher' }),
      cove_pass_rate: compareCove(a.cove, b.cove, { sameSuite }),
      retrieval_score: compareRetrieval(a.retrieval, b.retrieval, { sameSuite }),
    },
    caveats: candidateCaveats(a, b),
  };
}

/** What was measured in neither run says nothing. */
function overall(
  candidates: readonly CandidateComparison[],
  names: readonly ComparedMetric[],
): OverallVerdict {
  const compared = candidates
    .flatMap(({ metrics }) => names.map((name) => metrics[name]))
    .filter(({ a, b }) => a !== null || b !== null);
  if (compared.some(({ verdict }) => verdict === 'better' || verdict === 'worse')) return 'different';
  return compared.length > 0 && compared.every(({ verdict }) => verdict === 'noise') ? 'noise' : 'unknown';
}

function toComparedRun({ metadata: { run_id, timestamp } }: BenchmarkRun): ComparedRun {
  return { run_id, timestamp };
}
