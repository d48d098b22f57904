/** `milton bench`: registered GGUFs, one at a time, asked a suite in a process of their own; what came out becomes a run file. */
import type { BenchProgress, Suite } from '../bench/index.ts';
import { escapeText, Failure, throwIfAborted, type OnProgress, type Warning } from '../core/index.ts';
import type { LoadedRun } from '../evidence/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Clock } from '../system/index.ts';
import { findEntries, prepareCandidate, type BenchCandidate } from './bench-candidate.ts';
import { probeCandidates, type BenchEstimate } from './bench-estimate.ts';
import { measureOne, type MeasuredCandidate } from './bench-measure.ts';
import { saveBenchRun } from './bench-run-file.ts';
import type { OpenSubject } from './bench-subject.ts';
import { benchWarnings } from './bench-warnings.ts';
import { PipelineFailure } from './error.ts';

export interface BenchModelsRequest {
  readonly registry: Registry;
  /** None: every entry that has a GGUF. */
  readonly versions: readonly string[];
  readonly suite: Suite;
  /** For all models together; null for no limit. */
  readonly budgetMs: number | null;
  readonly runsDir: string;
  /** Stands in the run. */
  readonly commandLine: string;
}

export interface BenchModelsContext {
  readonly engineName: string;
  readonly open: OpenSubject;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are hashed. */
  readonly onProgress?: OnProgress;
  readonly onEvent?: (event: BenchEvent) => void;
}

export type BenchEvent =
  | { readonly kind: 'estimated'; readonly estimate: BenchEstimate }
  | { readonly kind: 'begun'; readonly version: string; readonly no: number; readonly count: number }
  | ({ readonly kind: 'asked'; readonly version: string } & BenchProgress)
  | { readonly kind: 'ended'; readonly version: string; readonly failure: Failure | null };

export interface BenchedModels {
  readonly saved: LoadedRun;
  readonly estimate: BenchEstimate;
  readonly warnings: readonly Warning[];
  /** The run stands all the same: it was cut short, or no model could be measured. */
  readonly failure: Failure | null;
}

/**
 * Throws `REGISTRY_VERSION_UNKNOWN`, `PIPELINE_NOTHING_TO_MEASURE`, `SYSTEM_*`, and `CORE_INTERRUPTED` where no model was
 * finished: after one, a run with what is finished is written, and says that it is incomplete.
 */
export async function benchModels(
  request: BenchModelsRequest,
  context: BenchModelsContext,
): Promise<BenchedModels> {
  const { open, clock, signal, onEvent } = context;
  const { suite, budgetMs, runsDir, commandLine } = request;
  const prepared = await prepareAll(request, context);
  const {
    candidates,
    estimate,
    suite: asked,
  } = await probeCandidates(prepared, suite, {
    open,
    budgetMs,
    signal,
  });
  onEvent?.({ kind: 'estimated', estimate });
  const { measured, interrupted } = await measureAll(candidates, asked, context);
  const saved = await saveBenchRun(runsDir, measured, {
    at: clock.now(),
    commandLine,
    suite,
    sampled: estimate.sampled,
    budgetMs,
    isIncomplete: interrupted !== null,
    engineName: context.engineName,
  });
  const failure = interrupted === null ? nothingMeasured(measured, saved) : cutShort(interrupted, saved);
  return { saved, estimate, warnings: benchWarnings(measured), failure };
}

async function prepareAll(
  { registry, versions }: BenchModelsRequest,
  { onProgress, signal }: BenchModelsContext,
): Promise<readonly BenchCandidate[]> {
  const candidates: BenchCandidate[] = [];
  for (const entry of await findEntries(registry, versions)) {
    candidates.push(await prepareCandidate(entry, { signal, ...(onProgress && { onProgress }) }));
  }
  return candidates;
}

interface MeasuredAll {
  readonly measured: readonly MeasuredCandidate[];
  readonly interrupted: Failure | null;
}

async function measureAll(
  candidates: readonly BenchCandidate[],
  suite: Suite,
  { open, clock, signal, onEvent }: BenchModelsContext,
): Promise<MeasuredAll> {
  const measured: MeasuredCandidate[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const { version } = candidate.entry;
    try {
      throwIfAborted(signal);
      onEvent?.({ kind: 'begun', version, no: index + 1, count: candidates.length });
      const onProgress = (progress: BenchProgress): void =>
        onEvent?.({ kind: 'asked', version, ...progress });
      const one = await measureOne(candidate, suite, { open, clock, signal, onProgress });
      measured.push(one);
      onEvent?.({ kind: 'ended', version, failure: one.failure });
    } catch (error) {
      const isInterrupted = error instanceof Failure && error.code === 'CORE_INTERRUPTED';
      if (!isInterrupted || measured.length === 0) throw error;
      return { measured, interrupted: error };
    }
  }
  return { measured, interrupted: null };
}

function cutShort(interrupted: Failure, { path, run }: LoadedRun): Failure {
  return interrupted.inContext({
    hint: `What was finished stands in ${escapeText(path)}, marked as incomplete.`,
    details: { run: path, measured: run.candidates.map(({ version }) => version).join(', ') },
  });
}

function nothingMeasured(measured: readonly MeasuredCandidate[], { path }: LoadedRun): Failure | null {
  if (measured.some(({ failure, metrics }) => failure === null || metrics.latency_ms.status === 'ok'))
    return null;
  return new PipelineFailure('PIPELINE_NOTHING_MEASURED', 'None of the models could be measured.', {
    details: { run: path, models: measured.length },
  });
}
