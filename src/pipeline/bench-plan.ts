/** What of a benchmark has to be measured: not what was measured before, and no more cases than a budget holds. */
import { sampleSuite, type SampledCases, type Suite } from '../bench/index.ts';
import { readMachineDigest } from '../system/index.ts';
import type { BenchCandidate } from './bench-candidate.ts';
import { findEarlier, newestRuns, type EarlierMeasurement, type ForeseenCandidate } from './bench-earlier.ts';
import type { BenchEngine } from './bench-engine.ts';
import {
  fitModels,
  probeCandidate,
  toEstimate,
  type BenchEstimate,
  type ProbedCandidate,
} from './bench-estimate.ts';
import type { RunToResume } from './bench-resume.ts';

export interface BenchPlan {
  readonly candidates: readonly PlannedCandidate[];
  readonly estimate: BenchEstimate;
  /** What is asked: of every model the same. */
  readonly asked: Suite;
}

export interface PlannedCandidate {
  /** One that could not answer has become a failure. */
  readonly candidate: BenchCandidate;
  /** Null where it is measured now. */
  readonly earlier: EarlierMeasurement | null;
}

export interface PlanOptions {
  readonly engine: BenchEngine;
  readonly suite: Suite;
  /** For all models together; null for no limit. */
  readonly budgetMs: number | null;
  /** So many cases of each model, whatever the time. */
  readonly sampled: SampledCases | null;
  readonly runsDir: string;
  /** Measures what was measured before all the same. */
  readonly again: boolean;
  /** The run that was cut short, and is gone on with: the same cases are asked. */
  readonly resumed: Pick<RunToResume, 'loaded' | 'sampled'> | null;
  readonly machine?: (() => Promise<string | null>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `SYSTEM_*`, `CORE_INTERRUPTED`. */
export async function planBench(
  prepared: readonly BenchCandidate[],
  options: PlanOptions,
): Promise<BenchPlan> {
  const { suite, budgetMs, resumed } = options;
  const earlierFor = await earlierFinder(prepared, options);
  const probe = prober(prepared, options);
  if (resumed !== null || options.sampled !== null) {
    const { sampled } = resumed ?? options;
    return toPlan(prepared, { suite, sampled, earlier: await earlierFor(sampled), probe });
  }
  const earlier = await earlierFor(null);
  const whole = await toPlan(prepared, { suite, sampled: null, earlier, probe });
  if (budgetMs === null || whole.estimate.totalMs <= budgetMs) return whole;
  // Numbers of all cases and numbers of some cannot be held together: what is there whole is asked again.
  const probed: ProbedCandidate[] = [];
  for (const candidate of prepared) probed.push(await probe(candidate));
  const sampled = fitModels(suite, probed, { budgetMs });
  if (sampled === null) return whole;
  return toPlan(prepared, { suite, sampled, earlier: await earlierFor(sampled), probe });
}

interface PlanParts {
  readonly suite: Suite;
  readonly sampled: SampledCases | null;
  readonly earlier: ReadonlyMap<BenchCandidate, EarlierMeasurement>;
  readonly probe: (candidate: BenchCandidate) => Promise<ProbedCandidate>;
}

async function toPlan(
  prepared: readonly BenchCandidate[],
  { suite, sampled, earlier, probe }: PlanParts,
): Promise<BenchPlan> {
  const candidates: PlannedCandidate[] = [];
  const probed: ProbedCandidate[] = [];
  for (const candidate of prepared) {
    const before = earlier.get(candidate) ?? null;
    if (before !== null) {
      candidates.push({ candidate, earlier: before });
      continue;
    }
    const one = await probe(candidate);
    probed.push(one);
    candidates.push({ candidate: one.candidate, earlier: null });
  }
  const asked = sampled === null ? suite : sampleSuite(suite, sampled);
  return { candidates, estimate: toEstimate(probed, { asked, sampled }), asked };
}

/** Each candidate once. */
function prober(
  prepared: readonly BenchCandidate[],
  { engine: { open }, suite, signal }: PlanOptions,
): (candidate: BenchCandidate) => Promise<ProbedCandidate> {
  const probes = new Map(
    prepared.map((candidate) => {
      let probed: Promise<ProbedCandidate> | null = null;
      return [
        candidate,
        async () => (probed ??= probeCandidate(candidate, suite, { open, signal })),
      ] as const;
    }),
  );
  return async (candidate) => probes.get(candidate)?.() ?? { candidate, probe: null };
}

async function earlierFinder(
  prepared: readonly BenchCandidate[],
  { engine, suite, runsDir, again, resumed, signal, machine = readMachineDigest }: PlanOptions,
): Promise<(sampled: SampledCases | null) => Promise<ReadonlyMap<BenchCandidate, EarlierMeasurement>>> {
  const onlyResumed = again && resumed !== null;
  if (again && !onlyResumed) return async () => Promise.resolve(new Map());
  const foreseen: ForeseenCandidate[] = [];
  for (const candidate of prepared) {
    if (candidate.failure !== null) continue;
    const setup = await engine.foresee(candidate, { signal });
    if (setup !== null) foreseen.push({ candidate, setup });
  }
  const machineSha256 = await machine();
  return async (sampled) =>
    findEarlier(foreseen, {
      // Whoever measures all anew means what stood there before the run that was cut short.
      runs: onlyResumed ? [resumed.loaded] : newestRuns(runsDir),
      asked: { suite, sampled, machineSha256 },
    });
}
