/** `milton bench show`: one run: the ranking, what was measured, under which conditions, and what would be chosen and why. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { JsonObject } from '../../core/index.ts';
import type { RecordedCandidate, RecordedValue, RunNote } from '../../bench/index.ts';
import type { LoadedRun, RunState } from '../../evidence/index.ts';
import type { SelectionResult } from '../../select/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parsePath } from '../option-values.ts';
import { showText } from './bench-show-text.ts';
import { addChoiceOptions, readChoice, type ChoiceFlags } from './run-options.ts';

interface ShowFlags extends ChoiceFlags {
  readonly benchmarksDir?: string;
}

/** A run with everything that is read out of it. */
export interface ShownRun {
  readonly loaded: LoadedRun;
  readonly state: RunState;
  readonly candidates: readonly RecordedCandidate[];
  readonly notes: readonly RunNote[];
  readonly selection: SelectionResult;
  readonly now: Date;
}

export function defineBenchShow(command: Command, perform: Perform): void {
  addChoiceOptions(
    command.option(
      '--benchmarks-dir <dir>',
      'where runs are looked for (default: in the state directory)',
      parsePath,
    ),
  )
    .addHelpText(
      'after',
      `
A run that is incomplete is shown too; it is never deployed from.

Examples:
  $ milton bench show
  $ milton bench show benchmark_20260111_202801
  $ milton bench show ./run.json --weights latency=1`,
    )
    .action(perform<ShowFlags>(show));
}

async function show(
  context: CommandContext,
  flags: ShowFlags,
  [name]: readonly string[],
): Promise<CommandResult> {
  const { openRun, toRunState } = await import('../../evidence/index.ts');
  const { runNotes, toRecorded } = await import('../../bench/index.ts');
  const { selectModel } = await import('../../select/index.ts');
  const { state, clock } = context;
  const runsDir = flags.benchmarksDir === undefined ? state.runsDir : resolve(flags.benchmarksDir);
  const choice = await readChoice(flags);
  const loaded = await openRun(name, runsDir, { behind: 'milton bench show' });
  const now = clock.now();
  const shown: ShownRun = {
    loaded,
    state: toRunState(loaded, { now }),
    candidates: loaded.run.candidates.map(toRecorded),
    notes: runNotes(loaded.run),
    selection: selectModel(loaded.run.candidates, choice),
    now,
  };
  return { json: toJson(shown), text: (style) => showText(shown, style) };
}

function toJson({ loaded: { path, run }, state, candidates, notes, selection }: ShownRun): JsonObject {
  const { metadata, milton } = run;
  return {
    run: path,
    run_id: metadata.run_id,
    timestamp: metadata.timestamp,
    state,
    suite_sha256: milton?.suite_sha256 ?? null,
    engine: milton?.engine ?? null,
    engine_version: milton?.engine_version ?? null,
    candidates: candidates.map(candidateJson),
    notes: notes.map(({ kind, version, text }) => ({ kind, version, text })),
    choice: selection,
  };
}

function candidateJson(candidate: RecordedCandidate): JsonObject {
  const { version, sha256, latency, rate, cove, retrieval, peakRam, peakVram, conditions } = candidate;
  return {
    version,
    sha256,
    metrics: {
      latency_ms: { ...valueJson(latency), interval_95: latency.interval, load_ms: latency.loadMs },
      tokens_per_sec: {
        ...valueJson(rate),
        interval_95: rate.interval,
        source: rate.source,
        wall_clock: rate.wallClockMedian,
        difference_per_token_us: rate.differencePerTokenUs,
      },
      cove_pass_rate: {
        ...valueJson(cove),
        interval_95: cove.interval,
        passed: cove.passed,
        count: cove.count,
        seen: cove.seen,
      },
      retrieval_score: {
        ...valueJson(retrieval),
        interval_95: retrieval.interval,
        method: retrieval.method,
        keyword_baseline: retrieval.keywordBaseline,
      },
      peak_ram_mb: valueJson(peakRam),
      peak_vram_mb: valueJson(peakVram),
    },
    noisy: conditions.noisy,
    noisy_because: conditions.noisyBecause,
  };
}

function valueJson({ status, value, reason }: RecordedValue): JsonObject {
  return { status, value, error_message: reason };
}
