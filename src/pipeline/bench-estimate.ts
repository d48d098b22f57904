/** How long a benchmark will take, from a few tokens of each model, and how many cases of the suite a budget holds. */
import {
  estimateSuite,
  fitBudget,
  probeSpeed,
  type SampledCases,
  type SpeedProbe,
  type Suite,
} from '../bench/index.ts';
import { Failure, throwIfAborted } from '../core/index.ts';
import type { BenchCandidate, FoundCandidate } from './bench-candidate.ts';
import type { OpenSubject } from './bench-engine.ts';

export interface BenchEstimate {
  /** Of all models together that are to be measured, with what is asked of them. */
  readonly totalMs: number;
  readonly models: readonly {
    readonly version: string;
    readonly estimatedMs: number;
    readonly tokensPerSecond: number;
  }[];
  /** Null where all cases are asked. */
  readonly sampled: SampledCases | null;
}

export interface ProbedCandidate {
  /** One that could not answer has become a failure. */
  readonly candidate: BenchCandidate;
  /** Null with a failure. */
  readonly probe: SpeedProbe | null;
}

export interface ProbeOptions {
  readonly open: OpenSubject;
  readonly signal?: AbortSignal | undefined;
}

/** Loads it and lets it answer twice. Throws `CORE_INTERRUPTED`. */
export async function probeCandidate(
  candidate: BenchCandidate,
  suite: Suite,
  { open, signal }: ProbeOptions,
): Promise<ProbedCandidate> {
  if (candidate.failure !== null) return { candidate, probe: null };
  const probed = await tryProbe(candidate, suite, { open, signal });
  if (!(probed instanceof Failure)) return { candidate, probe: probed };
  return { candidate: { ...candidate, gguf: null, failure: probed }, probe: null };
}

/** `asked`: the cases that are really asked. */
export function toEstimate(
  probed: readonly ProbedCandidate[],
  { asked, sampled }: { readonly asked: Suite; readonly sampled: SampledCases | null },
): BenchEstimate {
  const models = probed.flatMap(({ candidate, probe }) => {
    if (probe === null) return [];
    const { tokensPerSecond } = probe;
    const estimatedMs = estimateSuite(asked, probe).totalMs;
    return [{ version: candidate.entry.version, estimatedMs, tokensPerSecond }];
  });
  const totalMs = models.reduce((sum, { estimatedMs }) => sum + estimatedMs, 0);
  return { totalMs, models, sampled };
}

/** The same share of the suite for each model, so that they can be compared; null where all of it fits. */
export function fitModels(
  suite: Suite,
  probed: readonly ProbedCandidate[],
  { budgetMs }: { readonly budgetMs: number },
): SampledCases | null {
  const probes = probed.flatMap(({ probe }) => probe ?? []);
  const totals = probes.map((probe) => estimateSuite(suite, probe).totalMs);
  const totalMs = totals.reduce((sum, ms) => sum + ms, 0);
  const [first] = probes;
  const [firstMs = 0] = totals;
  if (first === undefined || totalMs <= budgetMs) return null;
  return fitBudget(suite, first, { budgetMs: (budgetMs * firstMs) / totalMs });
}

async function tryProbe(
  candidate: FoundCandidate,
  suite: Suite,
  { open, signal }: ProbeOptions,
): Promise<SpeedProbe | Failure> {
  try {
    const { subject, close } = await open(candidate, { signal });
    try {
      return await probeSpeed(subject, suite, signal === undefined ? {} : { signal });
    } finally {
      await close();
    }
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof Failure) return error;
    throw error;
  }
}
