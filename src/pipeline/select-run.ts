/** Chooses a model from a benchmark run: the one that is named, or the newest; never another in its stead. */
import {
  assertRunUsable,
  findNewestRun,
  loadRun,
  resolveRunFile,
  type LoadedRun,
} from '../evidence/index.ts';
import { selectModel, type SelectionResult, type SelectOptions } from '../select/index.ts';
import type { Clock } from '../system/index.ts';

export interface FindRunOptions {
  /** Where runs are kept. */
  readonly runsDir: string;
  /** A name in the runs folder, or a path; the newest run where it is not given. */
  readonly benchmarkFile?: string | undefined;
  readonly clock: Clock;
}

export interface SelectedRun {
  readonly loaded: LoadedRun;
  /** Nobody passing is a result: `assertSelected` makes it a refusal. */
  readonly result: SelectionResult;
}

/** Throws `EVIDENCE_*` for a run that is missing, malformed or unfit, `SYSTEM_FILE_*`, `CORE_JSON_*`. */
export async function findRun({ runsDir, benchmarkFile, clock }: FindRunOptions): Promise<LoadedRun> {
  const now = clock.now();
  if (benchmarkFile === undefined) return findNewestRun(runsDir, { now });
  const loaded = await loadRun(await resolveRunFile(benchmarkFile, runsDir));
  assertRunUsable(loaded, { now });
  return loaded;
}

/** Throws what {@link findRun} throws, and `SELECT_WEIGHTS_INVALID`, `SELECT_THRESHOLDS_INVALID`. */
export async function selectFromRun(options: FindRunOptions & SelectOptions): Promise<SelectedRun> {
  const { weights, thresholds } = options;
  const loaded = await findRun(options);
  const result = selectModel(loaded.run.candidates, {
    ...(weights !== undefined && { weights }),
    ...(thresholds !== undefined && { thresholds }),
  });
  return { loaded, result };
}
