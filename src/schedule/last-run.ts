/** The report of the last scheduled run: written when it begins and when it ends, so that none fails unseen. */
import { join } from 'node:path';
import {
  Failure,
  formatJson,
  isJsonObject,
  messageOf,
  toPlainJson,
  toTimestamp,
  type FailureReport,
  type JsonObject,
} from '../core/index.ts';
import {
  makeDirectory,
  readJsonFile,
  readLockHolder,
  SystemFailure,
  withLock,
  writeFileAtomic,
  type Clock,
  type StateDirectory,
} from '../system/index.ts';
import { ScheduleFailure } from './error.ts';

/** `last_run.json` (snake_case). */
export type LastRun = {
  readonly started_at: string;
  /** Null while it runs, and for ever where it was cut off. */
  readonly ended_at: string | null;
  readonly ok: boolean | null;
  /** How long the benchmark command took. */
  readonly bench_ms: number | null;
  /** The benchmark run that it wrote. */
  readonly run_path: string | null;
  /** What was decided, and why: `selected`, `stays`, `deployed` or `already-live`, in a sentence. */
  readonly decision: JsonObject | null;
  readonly deployment_id: string | null;
  readonly failure: FailureReport | null;
};

/** What a run tells on its way. */
export type RunNotes = Partial<Pick<LastRun, 'bench_ms' | 'run_path' | 'decision' | 'deployment_id'>>;

export type LastRunState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly run: LastRun }
  | { readonly kind: 'ended' | 'failed' | 'cut-off'; readonly run: LastRun }
  /** The report cannot be read. */
  | { readonly kind: 'unreadable'; readonly failure: Failure };

/**
 * Runs one at a time for a state directory, with its report. Throws `SCHEDULE_BUSY` without touching the report of the
 * other, `SYSTEM_*`, and what `use` throws.
 */
export async function withLastRun<T>(
  state: StateDirectory,
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal | undefined },
  use: (note: (notes: RunNotes) => void) => Promise<T>,
): Promise<T> {
  const options = { command: 'milton schedule run', ...(signal !== undefined && { signal }) };
  let isHeld = false;
  try {
    return await withLock(lockFile(state), options, async () => {
      isHeld = true;
      let report = begin(clock);
      await save(state, report);
      const end = (ok: boolean, failure: FailureReport | null): Promise<void> =>
        save(state, { ...report, ended_at: toTimestamp(clock.now()), ok, failure });
      let result: T;
      try {
        result = await use((notes) => (report = { ...report, ...notes }));
      } catch (error) {
        // The first fault is the one to tell.
        await end(false, reportOf(error)).catch(() => undefined);
        throw error;
      }
      await end(true, null);
      return result;
    });
  } catch (error) {
    if (isHeld || !(error instanceof SystemFailure) || error.code !== 'SYSTEM_LOCK_BUSY') throw error;
    throw new ScheduleFailure('SCHEDULE_BUSY', `A scheduled run is at work already: ${error.message}`, {
      details: error.details,
      cause: error,
    });
  }
}

/** Never throws. */
export async function readLastRun(state: StateDirectory): Promise<LastRunState> {
  try {
    const value = toPlainJson((await readJsonFile(reportFile(state))).tree);
    const run = toLastRun(isJsonObject(value) ? value : {});
    if (run.ended_at !== null) return { kind: run.ok === true ? 'ended' : 'failed', run };
    const isRunning = (await readLockHolder(lockFile(state))) !== null;
    return { kind: isRunning ? 'running' : 'cut-off', run };
  } catch (error) {
    if (error instanceof SystemFailure && error.code === 'SYSTEM_FILE_MISSING') return { kind: 'none' };
    if (error instanceof Failure) return { kind: 'unreadable', failure: error };
    throw error;
  }
}

function lockFile({ scheduleDir }: StateDirectory): string {
  return join(scheduleDir, 'lock');
}

function reportFile({ scheduleDir }: StateDirectory): string {
  return join(scheduleDir, 'last_run.json');
}

function begin(clock: Clock): LastRun {
  return toLastRun({ started_at: toTimestamp(clock.now()) });
}

async function save(state: StateDirectory, report: LastRun): Promise<void> {
  await makeDirectory(state.scheduleDir);
  const failure = report.failure === null ? null : { ...report.failure };
  await writeFileAtomic(reportFile(state), formatJson({ ...report, failure }));
}

function reportOf(error: unknown): FailureReport {
  if (error instanceof Failure) return error.toReport();
  const hint = 'Run milton schedule run --verbose by hand, and report what it prints.';
  return { code: 'CLI_INTERNAL', message: messageOf(error), hint, aftermath: null, details: {} };
}

/** What another version wrote may lack a field or have more. */
function toLastRun(value: JsonObject): LastRun {
  const text = (name: string): string | null => {
    const field = value[name];
    return typeof field === 'string' ? field : null;
  };
  const { ok, bench_ms, decision, failure } = value;
  return {
    started_at: text('started_at') ?? '',
    ended_at: text('ended_at'),
    ok: typeof ok === 'boolean' ? ok : null,
    bench_ms: typeof bench_ms === 'number' ? bench_ms : null,
    run_path: text('run_path'),
    decision: decision !== undefined && isJsonObject(decision) ? decision : null,
    deployment_id: text('deployment_id'),
    failure: failure !== undefined && isJsonObject(failure) ? toReport(failure) : null,
  };
}

function toReport({ code, message, hint, aftermath, details }: JsonObject): FailureReport {
  const isKnown = aftermath === 'unchanged' || aftermath === 'rolled-back' || aftermath === 'partial';
  return {
    code: typeof code === 'string' ? code : 'CLI_INTERNAL',
    message: typeof message === 'string' ? message : '',
    hint: typeof hint === 'string' ? hint : '',
    aftermath: isKnown ? aftermath : null,
    details: details !== undefined && isJsonObject(details) ? details : {},
  };
}
