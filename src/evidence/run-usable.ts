/** Guarantees that a run that is deployed from was measured, to its end, and not in the future. Pure. */
import { escapeText, type JsonObject } from '../core/index.ts';
import { EvidenceFailure, type EvidenceCode } from './error.ts';
import { MAX_CLOCK_SKEW_MS } from './limits.ts';
import { parseRunName } from './run-name.ts';
import { parseTimestamp } from './timestamp.ts';
import type { LoadedRun } from './types.ts';

export interface RunUsableOptions {
  readonly now: Date;
  /** The newest complete run, for the hint; null where it was looked for and there is none. */
  readonly newestComplete?: string | null;
}

type Problem = {
  readonly code: Extract<
    EvidenceCode,
    'EVIDENCE_RUN_DRY' | 'EVIDENCE_RUN_INCOMPLETE' | 'EVIDENCE_RUN_FUTURE'
  >;
  readonly what: string;
  readonly details: JsonObject;
};

export function isRunUsable(loaded: LoadedRun, { now }: { readonly now: Date }): boolean {
  return findProblem(loaded, now) === null;
}

/** What keeps a run from being deployed from; `complete` where nothing does. */
export type RunState = 'complete' | 'incomplete' | 'dry' | 'future';

export function toRunState(loaded: LoadedRun, { now }: { readonly now: Date }): RunState {
  const problem = findProblem(loaded, now);
  return problem === null ? 'complete' : STATES[problem.code];
}

const STATES = {
  EVIDENCE_RUN_DRY: 'dry',
  EVIDENCE_RUN_INCOMPLETE: 'incomplete',
  EVIDENCE_RUN_FUTURE: 'future',
} as const satisfies Readonly<Record<Problem['code'], RunState>>;

/** Throws `EVIDENCE_RUN_DRY`, `EVIDENCE_RUN_INCOMPLETE`, `EVIDENCE_RUN_FUTURE`; names the newest complete run if told. */
export function assertRunUsable(loaded: LoadedRun, { now, newestComplete }: RunUsableOptions): void {
  const problem = findProblem(loaded, now);
  if (problem === null) return;
  const advice = newestComplete === undefined ? '' : ` ${adviceOn(newestComplete)}`;
  throw new EvidenceFailure(problem.code, `${escapeText(loaded.path)} ${problem.what}.${advice}`, {
    ...(typeof newestComplete === 'string' && {
      hint: `Use the newest complete run: --benchmark-file ${newestComplete}`,
    }),
    details: {
      file: loaded.path,
      run_id: loaded.run.metadata.run_id,
      ...problem.details,
      ...(newestComplete !== undefined && { newest_complete: newestComplete }),
    },
  });
}

function findProblem({ path, run }: LoadedRun, now: Date): Problem | null {
  if (run.metadata.dry_run) {
    return {
      code: 'EVIDENCE_RUN_DRY',
      what: 'is a dry run: nothing was measured',
      details: { expected: 'dry_run false', received: 'dry_run true' },
    };
  }
  if (run.milton?.incomplete === true) {
    return {
      code: 'EVIDENCE_RUN_INCOMPLETE',
      what: 'was cut short, so that the best candidate may be missing from it',
      details: { expected: 'a complete run', received: 'milton.incomplete true' },
    };
  }
  const date = latestDate(path, run.metadata.timestamp);
  if (date.getTime() <= now.getTime() + MAX_CLOCK_SKEW_MS) return null;
  return {
    code: 'EVIDENCE_RUN_FUTURE',
    what: `is dated ${date.toISOString()}, and it is ${now.toISOString()} now`,
    details: { expected: `at most ${now.toISOString()}`, received: date.toISOString() },
  };
}

/** The later of the two dates a run carries: in its name, which orders runs, and in its metadata. */
function latestDate(path: string, timestamp: string): Date {
  const dates = [parseRunName(path.slice(path.lastIndexOf('/') + 1)), parseTimestamp(timestamp)];
  return new Date(Math.max(...dates.map((date) => date?.getTime() ?? 0)));
}

function adviceOn(newestComplete: string | null): string {
  return newestComplete === null
    ? 'No other run in the folder is complete.'
    : `The newest complete run is ${escapeText(newestComplete)}.`;
}
