/** Measures one candidate: loads it, asks it the suite, ends it, and looks whether it still is the file that was hashed. */
import {
  failedMetrics,
  measureCandidate,
  type BenchProgress,
  type CandidateMeasurement,
  type SubjectEngine,
  type Suite,
} from '../bench/index.ts';
import { Failure, isJsonObject, throwIfAborted, type JsonObject } from '../core/index.ts';
import type { CandidateMetrics, MeasuredArtifact } from '../evidence/index.ts';
import type { Clock } from '../system/index.ts';
import { assertSameFiles, type BenchCandidate, type FoundCandidate } from './bench-candidate.ts';
import type { CarriedOver, EarlierMeasurement } from './bench-earlier.ts';
import type { BenchSettings, OpenedSubject, OpenSubject } from './bench-engine.ts';

export interface MeasuredCandidate {
  readonly candidate: BenchCandidate;
  readonly metrics: CandidateMetrics;
  /** Which bytes the numbers belong to; null where nobody knows. */
  readonly artifact: MeasuredArtifact | null;
  /** As it stands in the run; null where nothing ran. */
  readonly conditions: JsonObject | null;
  readonly noisyBecause: readonly string[];
  /** The model was trained on the questions that it was asked. */
  readonly hasSeenSuite: boolean;
  /** Null where nothing ran. */
  readonly engine: SubjectEngine | null;
  /** Null where nothing ran, or nobody here chose them. */
  readonly settings: BenchSettings | null;
  /** Null where it was measured now. */
  readonly carriedOver: CarriedOver | null;
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
    const measurement = await withClosed(opened, async () => {
      const measured = await measureCandidate(opened.subject, suite, {
        version: nameInSuite(candidate, suite),
        loadMs: opened.facts.loadMs ?? undefined,
        threads: opened.facts.threads ?? undefined,
        signal,
        onProgress,
        clock,
      });
      throwIfAborted(signal);
      await assertSame(opened, { candidate, failure: measured.failure, signal });
      return measured;
    });
    return measuredCandidate(candidate, suite, { opened, measurement });
  } catch (error) {
    throwIfAborted(signal);
    if (!(error instanceof Failure)) throw error;
    return failedCandidate(candidate, error);
  }
}

/** The numbers of an earlier run, under the name that the model has now. */
export function carryOver(
  { candidate, setup, measured, from }: EarlierMeasurement,
  suite: Suite,
): MeasuredCandidate {
  const { conditions } = measured as JsonObject;
  const known = isJsonObject(conditions) ? conditions : null;
  const reasons = known?.['noisy_because'];
  const { metrics } = measured;
  const cove = metrics.cove_pass_rate;
  const hasSeenSuite = hasSeen(candidate, suite);
  return {
    candidate,
    // Who has seen a suite is no part of its digest.
    metrics: {
      ...metrics,
      cove_pass_rate: { ...cove, metadata: { ...cove.metadata, seen: hasSeenSuite } },
    },
    artifact: candidate.artifact,
    conditions: known,
    noisyBecause: Array.isArray(reasons) ? reasons.filter((reason) => typeof reason === 'string') : [],
    hasSeenSuite,
    engine: setup.engine,
    settings: setup.settings,
    carriedOver: from,
    failure: null,
  };
}

function failedCandidate(candidate: BenchCandidate, failure: Failure): MeasuredCandidate {
  return {
    candidate,
    metrics: failedMetrics(failure),
    artifact: candidate.artifact,
    conditions: null,
    noisyBecause: [],
    hasSeenSuite: false,
    engine: null,
    settings: null,
    carriedOver: null,
    failure,
  };
}

function measuredCandidate(
  candidate: FoundCandidate,
  suite: Suite,
  {
    opened: { subject, facts, settings, artifact },
    measurement: { metrics, conditions, failure },
  }: { readonly opened: OpenedSubject; readonly measurement: CandidateMeasurement },
): MeasuredCandidate {
  return {
    candidate,
    metrics,
    artifact,
    conditions: {
      ...conditions,
      threads: facts.threads,
      context_tokens: facts.contextTokens,
      gpu_layers: settings?.gpu_layers ?? null,
      device: facts.deviceName,
      missing_protections: [...facts.missingProtections],
    },
    noisyBecause: conditions.noisy_because,
    hasSeenSuite: hasSeen(candidate, suite),
    engine: subject.engine,
    settings,
    carriedOver: null,
    failure,
  };
}

/** What cannot be confirmed has no numbers at all; where it ended before, that is the reason. */
async function assertSame(
  { confirm }: OpenedSubject,
  {
    candidate: { gguf },
    failure,
    signal,
  }: {
    readonly candidate: FoundCandidate;
    readonly failure: Failure | null;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  try {
    if (gguf !== null) await assertSameFiles(gguf);
    await confirm({ signal });
  } catch (error) {
    throw failure ?? error;
  }
}

async function withClosed<T>({ close }: OpenedSubject, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } finally {
    await close();
  }
}

function hasSeen(candidate: FoundCandidate, suite: Suite): boolean {
  return suite.seenBy.includes(nameInSuite(candidate, suite));
}

/** A model that was made from one that has seen a suite has seen it too: a quantization has a version of its own. */
function nameInSuite({ entry, gguf }: FoundCandidate, { seenBy }: Suite): string {
  const names = [entry.version, entry.base_model, entry.distilled_from, gguf?.facts.name];
  return names.find((name) => typeof name === 'string' && seenBy.includes(name)) ?? entry.version;
}
