/** The options that say which benchmark run is meant and how a model is chosen from it: of `select` and of `deploy`. */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { FindRunOptions } from '../../pipeline/index.ts';
import type { SelectOptions } from '../../select/index.ts';
import type { CommandContext } from '../context.ts';
import { parsePath } from '../option-values.ts';

export interface RunFlags {
  readonly benchmarkFile?: string;
  readonly run?: string;
  readonly benchmarksDir?: string;
  readonly weights?: string;
  readonly thresholds?: string;
}

export function addRunOptions(command: Command): Command {
  return command
    .option('--benchmark-file <run>', 'a run by name or path (default: the newest)', parsePath)
    .addOption(runOption())
    .option(
      '--benchmarks-dir <dir>',
      'where runs are looked for (default: in the state directory)',
      parsePath,
    )
    .option('--weights <list>', 'what counts how much: latency, throughput, cove, retrieval; others count 0')
    .option(
      '--thresholds <list>',
      'what must be met: cove, retrieval (percent), max-latency (ms), min-throughput (tok/s)',
    );
}

/** `--run`, the other name of `--benchmark-file`. */
export function runOption(): Option {
  return new Option('--run <run>', 'the same as --benchmark-file')
    .argParser(parsePath)
    .conflicts('benchmarkFile');
}

/** Throws `SELECT_WEIGHTS_INVALID`, `SELECT_THRESHOLDS_INVALID`. */
export async function readRunOptions(
  flags: RunFlags,
  { state, clock }: CommandContext,
): Promise<FindRunOptions & SelectOptions> {
  const { parseThresholds, parseWeights } = await import('../../select/index.ts');
  return {
    runsDir: flags.benchmarksDir === undefined ? state.runsDir : resolve(flags.benchmarksDir),
    benchmarkFile: flags.benchmarkFile ?? flags.run,
    clock,
    ...(flags.weights !== undefined && { weights: parseWeights(flags.weights) }),
    ...(flags.thresholds !== undefined && { thresholds: parseThresholds(flags.thresholds) }),
  };
}
