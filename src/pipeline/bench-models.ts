/** `milton bench`: registered models, one at a time, asked a suite; what came out becomes a run file. */
import type { BenchProgress, SampledCases, Suite } from '../bench/index.ts';
import { escapeText, Failure, throwIfAborted, type OnProgress, type Warning } from '../core/index.ts';
import type { LoadedRun } from '../evidence/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Clock } from '../system/index.ts';
import { findEntries, prepareFile, type BenchCandidate } from './bench-candidate.ts';
import type { CarriedOver } from './bench-earlier.ts';
import type { BenchEngine } from './bench-engine.ts';
import type { BenchEstimate } from './bench-estimate.ts';
import { carryOver, measureOne, type MeasuredCandidate } from './bench-measure.ts';
import { planBench, type BenchPlan } from './bench-plan.ts';
import type { BenchRequestRecord } from './bench-request.ts';
import { assertSameSuite, type RunToResume } from './bench-resume.ts';
import { saveBenchRun } from './bench-run-file.ts';
import { benchWarnings } from './bench-warnings.ts';
import { PipelineFailure } from './error.ts';

export interface BenchModelsRequest {
  readonly registry: Registry;
  /** None: every entry that the engine can measure. */
  readonly versions: readonly string[];
  readonly suite: Suite;
  /** For all models together; null for no limit. */
  readonly budgetMs: number | null;
  /** Asks so many cases, evenly, whatever the time; default: all, or what the budget holds. */
  readonly sampled?: SampledCases | null;
  /** Measures what was measured before all the same. */
  readonly again?: boolean;
  /** The run that was cut short, and is gone on with. */
  readonly resumed?: RunToResume | null;
  readonly runsDir: string;
  /** Stands in the run. */
  readonly commandLine: string;
  /** Stands in the run, so that it can be gone on with; the versions that are measured are filled in. */
  readonly record?: Omit<BenchRequestRecord, 'versions' | 'again'> | null;
}

export interface BenchModelsContext {
  readonly engine: BenchEngine;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Bytes that are hashed. */
  readonly onProgress?: OnProgress;
  readonly onEvent?: (event: BenchEvent) => void;
  /** Which machine it is; default: this one. */
  readonly machine?: () => Promise<string | null>;
}

export type BenchEvent =
  | { readonly kind: 'estimated'; readonly estimate: BenchEstimate }
  | { readonly kind: 'carried'; readonly version: string; readonly from: CarriedOver }
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
 * Throws `REGISTRY_VERSION_UNKNOWN`, `PIPELINE_NOTHING_TO_MEASURE`, `PIPELINE_RUN_NOT_RESUMABLE`, `SYSTEM_*`, and `CORE_INTERRUPTED` where no model was
 * finished: after one, a run with what is finished is written, and says that it is incomplete.
 */
export async function benchModels(
  request: BenchModelsRequest,
  context: BenchModelsContext,
): Promise<BenchedModels> {
  const { engine, clock, signal, machine, onEvent } = context;
  const { suite, budgetMs, runsDir, commandLine, again = false, resumed = null, record = null } = request;
  const { sampled = null } = request;
  if (resumed !== null) assertSameSuite(resumed, suite);
  const prepared = await prepareAll(request, context);
  const plan = await planBench(prepared, {
    engine,
    suite,
    budgetMs,
    sampled,
    runsDir,
    again,
    resumed,
    machine,
    signal,
  });
  const { estimate } = plan;
  onEvent?.({ kind: 'estimated', estimate });
  const { measured, interrupted } = await measureAll(plan, suite, context);
  const versions = prepared.map(({ entry }) => entry.version);
  const saved = await saveBenchRun(runsDir, measured, {
    at: clock.now(),
    commandLine,
    suite,
    sampled: estimate.sampled,
    budgetMs,
    isIncomplete: interrupted !== null,
    engine,
    resumes: resumed?.loaded.run.metadata.run_id ?? null,
    request: record === null ? null : { ...record, versions, again },
    machine,
  });
  const failure = interrupted === null ? nothingMeasured(measured, saved) : cutShort(interrupted, saved);
  return { saved, estimate, warnings: benchWarnings(measured), failure };
}

async function prepareAll(
  { registry, versions }: BenchModelsRequest,
  { engine, onProgress, signal }: BenchModelsContext,
): Promise<readonly BenchCandidate[]> {
  const candidates: BenchCandidate[] = [];
  const { runsFiles } = engine;
  for (const entry of await findEntries(registry, { versions, runsFiles })) {
    // Whether the bytes of a server are those of a file here shows once it has said which they are.
    const candidate = runsFiles
      ? await prepareFile(entry, { onProgress, signal })
      : ({ entry, gguf: null, artifact: null, failure: null } as const);
    candidates.push(candidate);
  }
  return candidates;
}

interface MeasuredAll {
  readonly measured: readonly MeasuredCandidate[];
  readonly interrupted: Failure | null;
}

/** `suite`: the whole, of which the plan may ask less. */
async function measureAll(
  { candidates, asked }: BenchPlan,
  suite: Suite,
  { engine: { open }, clock, signal, onEvent }: BenchModelsContext,
): Promise<MeasuredAll> {
  const carried = candidates.flatMap(({ earlier }) => earlier ?? []);
  for (const { candidate, from } of carried) {
    onEvent?.({ kind: 'carried', version: candidate.entry.version, from });
  }
  const count = candidates.length - carried.length;
  const measured: MeasuredCandidate[] = [];
  let no = 0;
  for (const [index, { candidate, earlier }] of candidates.entries()) {
    if (earlier !== null) {
      measured.push(carryOver(earlier, suite));
      continue;
    }
    const { version } = candidate.entry;
    try {
      throwIfAborted(signal);
      onEvent?.({ kind: 'begun', version, no: (no += 1), count });
      const onProgress = (progress: BenchProgress): void =>
        onEvent?.({ kind: 'asked', version, ...progress });
      const one = await measureOne(candidate, asked, { open, clock, signal, onProgress });
      measured.push(one);
      onEvent?.({ kind: 'ended', version, failure: one.failure });
    } catch (error) {
      const isInterrupted = error instanceof Failure && error.code === 'CORE_INTERRUPTED';
      // What was carried over stands in a run already.
      if (!isInterrupted || no <= 1) throw error;
      const later = candidates.slice(index).flatMap((one) => one.earlier ?? []);
      return { measured: [...measured, ...later.map((one) => carryOver(one, suite))], interrupted: error };
    }
  }
  return { measured, interrupted: null };
}

function cutShort(interrupted: Failure, { path, run }: LoadedRun): Failure {
  return interrupted.inContext({
    hint: `What was finished stands in ${escapeText(path)}, marked as incomplete. Go on with: milton bench --resume`,
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
