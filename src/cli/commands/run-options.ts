/** The options that say which benchmark run is meant and how a model is chosen from it: of `select` and of `deploy`. */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { FindRunOptions } from '../../pipeline/index.ts';
import type { SelectOptions } from '../../select/index.ts';
import type { CommandContext } from '../context.ts';
import { parsePath } from '../option-values.ts';

export interface WhichRunFlags {
  readonly benchmarkFile?: string;
  readonly run?: string;
  readonly benchmarksDir?: string;
}

export interface RunFlags extends WhichRunFlags, ChoiceFlags {}

/** `--benchmark-file`, `--run` and `--benchmarks-dir`; `help` says what the run is for. */
export function addWhichRunOptions(command: Command, help: string): Command {
  return command
    .option('--benchmark-file <run>', help, parsePath)
    .addOption(runOption())
    .option(
      '--benchmarks-dir <dir>',
      'where runs are looked for (default: in the state directory)',
      parsePath,
    );
}

export function addRunOptions(command: Command): Command {
  return addChoiceOptions(addWhichRunOptions(command, 'a run by name or path (default: the newest)'));
}

export interface ChoiceFlags {
  readonly weights?: string;
  readonly thresholds?: string;
}

/** `--weights` and `--thresholds`. */
export function addChoiceOptions(command: Command): Command {
  return command
    .option('--weights <list>', 'what counts how much: latency, throughput, cove, retrieval; others count 0')
    .option(
      '--thresholds <list>',
      'what must be met: cove, retrieval (percent), max-latency (ms), min-throughput (tok/s)',
    );
}

export function readWhichRun(flags: WhichRunFlags, { state, clock }: CommandContext): FindRunOptions {
  return {
    runsDir: flags.benchmarksDir === undefined ? state.runsDir : resolve(flags.benchmarksDir),
    benchmarkFile: flags.benchmarkFile ?? flags.run,
    clock,
  };
}

/** Throws `SELECT_WEIGHTS_INVALID`, `SELECT_THRESHOLDS_INVALID`. */
export async function readRunOptions(
  flags: RunFlags,
  context: CommandContext,
): Promise<FindRunOptions & SelectOptions> {
  return { ...readWhichRun(flags, context), ...(await readChoice(flags)) };
}

/** Throws `SELECT_WEIGHTS_INVALID`, `SELECT_THRESHOLDS_INVALID`. */
export async function readChoice({ weights, thresholds }: ChoiceFlags): Promise<SelectOptions> {
  const { parseThresholds, parseWeights } = await import('../../select/index.ts');
  return {
    ...(weights !== undefined && { weights: parseWeights(weights) }),
    ...(thresholds !== undefined && { thresholds: parseThresholds(thresholds) }),
  };
}

/** `--run`, the other name of `--benchmark-file`. */
function runOption(): Option {
  return new Option('--run <run>', 'the same as --benchmark-file')
    .argParser(parsePath)
    .conflicts('benchmarkFile');
}
