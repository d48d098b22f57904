/** How long a benchmark will take, from a few tokens of each model, and how many cases of the suite a budget holds. */
import {
  estimateSuite,
  fitBudget,
  probeSpeed,
  sampleSuite,
  type SampledCases,
  type SpeedProbe,
  type Suite,
} from '../bench/index.ts';
import { Failure, throwIfAborted } from '../core/index.ts';
import type { BenchCandidate, FoundCandidate } from './bench-candidate.ts';
import type { OpenSubject } from './bench-subject.ts';

export interface BenchEstimate {
  /** Of all models together, with what is asked of them. */
  readonly totalMs: number;
  readonly models: readonly {
    readonly version: string;
    readonly estimatedMs: number;
    readonly tokensPerSecond: number;
  }[];
  /** Null where all cases are asked. */
  readonly sampled: SampledCases | null;
}

export interface Probed {
  /** Those that could not answer have become failures. */
  readonly candidates: readonly BenchCandidate[];
  readonly estimate: BenchEstimate;
  /** What is asked: of every model the same. */
  readonly suite: Suite;
}

export interface ProbeOptions {
  readonly open: OpenSubject;
  /** For all models together; null for no limit. */
  readonly budgetMs: number | null;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `CORE_INTERRUPTED`. */
export async function probeCandidates(
  candidates: readonly BenchCandidate[],
  suite: Suite,
  { open, budgetMs, signal }: ProbeOptions,
): Promise<Probed> {
  const after: BenchCandidate[] = [];
  const probes: { readonly version: string; readonly probe: SpeedProbe }[] = [];
  for (const candidate of candidates) {
    const probed =
      candidate.failure === null ? await probeOne(candidate, suite, { open, signal }) : candidate.failure;
    if (probed instanceof Failure) {
      after.push({ ...candidate, gguf: null, failure: probed });
    } else {
      after.push(candidate);
      probes.push({ version: candidate.entry.version, probe: probed });
    }
  }
  const sampled = budgetMs === null ? null : fitAll(suite, probes, budgetMs);
  const asked = sampled === null ? suite : sampleSuite(suite, sampled);
  const models = probes.map(({ version, probe }) => ({
    version,
    estimatedMs: estimateSuite(asked, probe).totalMs,
    tokensPerSecond: probe.tokensPerSecond,
  }));
  const totalMs = models.reduce((sum, { estimatedMs }) => sum + estimatedMs, 0);
  return { candidates: after, estimate: { totalMs, models, sampled }, suite: asked };
}

async function probeOne(
  candidate: FoundCandidate,
  suite: Suite,
  { open, signal }: Pick<ProbeOptions, 'open' | 'signal'>,
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

/** The same share of the suite for each model, so that they can be compared; null where all of it fits. */
function fitAll(
  suite: Suite,
  probes: readonly { readonly probe: SpeedProbe }[],
  budgetMs: number,
): SampledCases | null {
  const totals = probes.map(({ probe }) => estimateSuite(suite, probe).totalMs);
  const totalMs = totals.reduce((sum, ms) => sum + ms, 0);
  const [first] = probes;
  const [firstMs = 0] = totals;
  if (first === undefined || totalMs <= budgetMs) return null;
  return fitBudget(suite, first.probe, { budgetMs: (budgetMs * firstMs) / totalMs });
}
