/** What the timer starts: benchmark → the run it wrote → the best that passes → (if asked) live, where the gain is worth it. */
import { join } from 'node:path';
import { escapeText, throwIfAborted, type JsonObject, type Warning } from '../core/index.ts';
import type { DeployContext } from '../deploy/index.ts';
import { listRunFiles } from '../evidence/index.ts';
import { ScheduleFailure, withLastRun, type RunNotes } from '../schedule/index.ts';
import {
  assertSelected,
  type Replacement,
  type ReplaceOptions,
  type SelectOptions,
} from '../select/index.ts';
import { runCommand, type Clock, type StateDirectory } from '../system/index.ts';
import { deployModel, type DeployedModel, type DeployModelRequest } from './deploy-model.ts';
import { judgeLive } from './judge-live.ts';
import { selectFromRun, type SelectedRun } from './select-run.ts';

export interface ScheduledRunRequest {
  /** Run under /bin/sh with `MILTON_STATE_DIR`; it must write a benchmark run into `runsDir`. */
  readonly benchCommand: string;
  readonly benchTimeoutMs: number;
  readonly runsDir: string;
  readonly select: SelectOptions;
  /** Null only benchmarks and selects. */
  readonly deploy: ScheduledDeployment | null;
  readonly onStep?: (doing: string) => void;
}

export interface ScheduledDeployment extends ReplaceOptions {
  /** The run and the version are decided here. */
  readonly request: DeployModelRequest;
  readonly context: DeployContext;
}

export interface ScheduledRunContext {
  readonly state: StateDirectory;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

export interface ScheduledOutcome {
  readonly runPath: string;
  readonly benchMs: number;
  readonly selected: SelectedRun;
  readonly recommended: string;
  /** Null without a deployment. */
  readonly decision: Replacement | null;
  /** Null where the live model stays. */
  readonly deployed: DeployedModel | null;
  readonly warnings: readonly Warning[];
}

/**
 * One at a time for a state directory; its report is in `schedule/last_run.json`. Throws `SCHEDULE_BUSY`,
 * `SCHEDULE_BENCH_FAILED`, `SCHEDULE_NO_NEW_RUN`, `EVIDENCE_*`, `SELECT_NONE_PASSED`, and what a deployment throws.
 */
export async function runScheduled(
  request: ScheduledRunRequest,
  context: ScheduledRunContext,
): Promise<ScheduledOutcome> {
  return withLastRun(context.state, context, async (note) => {
    const { runPath, benchMs } = await benchmark(request, context, note);
    request.onStep?.(`Benchmarked: ${escapeText(runPath)}`);
    const { runsDir, select, deploy } = request;
    const benchmarkFile = runPath;
    if (deploy === null) {
      const selected = await selectFromRun({ runsDir, benchmarkFile, clock: context.clock, ...select });
      const { result } = selected;
      assertSelected(result);
      const recommended = result.recommended_model;
      note({ decision: { kind: 'selected', version: recommended, reason: result.reason } });
      return { runPath, benchMs, selected, recommended, decision: null, deployed: null, warnings: [] };
    }
    const { allowNetworkFs, dryRun } = deploy.request.options;
    const judged = await judgeLive(
      { ...deploy, select, runsDir, benchmarkFile, allowNetworkFs, settle: !dryRun },
      deploy.context,
    );
    const { decision, selected, warnings } = judged;
    note({ decision: toNote(decision) });
    request.onStep?.(decision.reason);
    const found = { runPath, benchMs, selected, recommended: decision.winner_version, decision };
    if (decision.kind === 'stay') return { ...found, deployed: null, warnings };
    const deployed = await deployModel(pinned(deploy.request, benchmarkFile), deploy.context);
    note({ deployment_id: deployed.outcome.record.deployment_id });
    return { ...found, deployed, warnings: [...warnings, ...deployed.warnings] };
  });
}

/** The run that the command wrote: the newest of those that were not there before. */
async function benchmark(
  { benchCommand, benchTimeoutMs, runsDir }: ScheduledRunRequest,
  { state, signal }: ScheduledRunContext,
  note: (notes: RunNotes) => void,
): Promise<{ readonly runPath: string; readonly benchMs: number }> {
  const before = new Set(await listRunFiles(runsDir));
  const end = await runCommand(benchCommand, {
    timeoutMs: benchTimeoutMs,
    signal,
    env: { MILTON_STATE_DIR: state.path },
  });
  throwIfAborted(signal);
  note({ bench_ms: end.durationMs });
  if (end.exitCode !== 0) {
    const message = `The benchmark command (${escapeText(benchCommand, 200)}) failed: ${escapeText(end.reason)}.`;
    throw new ScheduleFailure('SCHEDULE_BENCH_FAILED', message, {
      details: { command: benchCommand, expected: 'exit code 0', received: end.reason },
    });
  }
  const written = (await listRunFiles(runsDir)).find((name) => !before.has(name));
  if (written === undefined) {
    throw new ScheduleFailure(
      'SCHEDULE_NO_NEW_RUN',
      `The benchmark wrote no new run into ${escapeText(runsDir)}.`,
      {
        details: { folder: runsDir, expected: 'a new benchmark_YYYYMMDD_HHMMSS.json', received: 'none' },
      },
    );
  }
  const runPath = join(runsDir, written);
  note({ run_path: runPath });
  return { runPath, benchMs: end.durationMs };
}

function toNote({ kind, because, reason, winner_version, live_version }: Replacement): JsonObject {
  return { kind, because, reason, winner_version, live_version };
}

/** The deployment must take the very run that was judged. */
function pinned(request: DeployModelRequest, benchmarkFile: string): DeployModelRequest {
  const { source } = request;
  return source.kind === 'run'
    ? { ...request, source: { ...source, version: null, benchmarkFile } }
    : request;
}
