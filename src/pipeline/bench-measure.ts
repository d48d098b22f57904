/** Measures one candidate: loads it, asks it the suite, ends it, and looks whether it still is the file that was hashed. */
import {
  failedMetrics,
  measureCandidate,
  type BenchProgress,
  type CandidateMeasurement,
  type SubjectEngine,
  type Suite,
} from '../bench/index.ts';
import { Failure, throwIfAborted, type JsonObject } from '../core/index.ts';
import type { CandidateMetrics } from '../evidence/index.ts';
import type { Clock } from '../system/index.ts';
import { assertSameFiles, type BenchCandidate, type FoundCandidate } from './bench-candidate.ts';
import type { OpenedSubject, OpenSubject } from './bench-subject.ts';

export interface MeasuredCandidate {
  readonly candidate: BenchCandidate;
  readonly metrics: CandidateMetrics;
  /** As it stands in the run; null where nothing ran. */
  readonly conditions: JsonObject | null;
  readonly noisyBecause: readonly string[];
  /** The model was trained on the questions that it was asked. */
  readonly hasSeenSuite: boolean;
  /** Null where nothing ran. */
  readonly engine: SubjectEngine | null;
  /** The first one. */
  readonly failure: Failure | null;
}

export interface MeasureOptions {
  readonly open: OpenSubject;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BenchProgress) => void) | undefined;
}

/** Throws `CORE_INTERRUPTED`; what goes wrong with the model stands in its metrics. */
export async function measureOne(
  candidate: BenchCandidate,
  suite: Suite,
  { open, clock, signal, onProgress }: MeasureOptions,
): Promise<MeasuredCandidate> {
  if (candidate.failure !== null) return failedCandidate(candidate, candidate.failure);
  try {
    const opened = await open(candidate, { signal });
    const measurement = await withClosed(opened, () =>
      measureCandidate(opened.subject, suite, {
        version: nameInSuite(candidate, suite),
        loadMs: opened.facts.loadMs,
        threads: opened.facts.threads,
        signal,
        onProgress,
        clock,
      }),
    );
    throwIfAborted(signal);
    await assertSameFiles(candidate);
    return measuredCandidate(candidate, suite, { opened, measurement });
  } catch (error) {
    throwIfAborted(signal);
    if (!(error instanceof Failure)) throw error;
    return failedCandidate(candidate, error);
  }
}

export function failedCandidate(candidate: BenchCandidate, failure: Failure): MeasuredCandidate {
  return {
    candidate,
    metrics: failedMetrics(failure),
    conditions: null,
    noisyBecause: [],
    hasSeenSuite: false,
    engine: null,
    failure,
  };
}

function measuredCandidate(
  candidate: FoundCandidate,
  suite: Suite,
  {
    opened: { subject, facts, gpuLayers },
    measurement: { metrics, conditions, failure },
  }: { readonly opened: OpenedSubject; readonly measurement: CandidateMeasurement },
): MeasuredCandidate {
  return {
    candidate,
    metrics,
    conditions: {
      ...conditions,
      threads: facts.threads,
      context_tokens: facts.contextTokens,
      gpu_layers: gpuLayers,
      device: facts.deviceName,
      missing_protections: [...facts.missingProtections],
    },
    noisyBecause: conditions.noisy_because,
    hasSeenSuite: suite.seenBy.includes(nameInSuite(candidate, suite)),
    engine: subject.engine,
    failure,
  };
}

async function withClosed<T>({ close }: OpenedSubject, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } finally {
    await close();
  }
}

/** A model that was made from one that has seen a suite has seen it too: a quantization has a version of its own. */
function nameInSuite({ entry, gguf }: FoundCandidate, { seenBy }: Suite): string {
  const names = [entry.version, entry.base_model, entry.distilled_from, gguf.facts.name];
  return names.find((name) => typeof name === 'string' && seenBy.includes(name)) ?? entry.version;
}
