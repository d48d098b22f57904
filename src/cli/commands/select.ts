/** `milton select`: which candidate of a run would be deployed, and why not the others. */
import type { Command } from 'commander';
import { Failure } from '../../core/index.ts';
import type { SelectedRun } from '../../pipeline/index.ts';
import type { CommandResult, Perform } from '../context.ts';
import { addRunOptions, readRunOptions, type RunFlags } from './run-options.ts';
import { selectionText } from './selection-text.ts';

export function defineSelect(command: Command, perform: Perform): void {
  addRunOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ milton select
  $ milton select --weights latency=0.4,throughput=0.6
  $ milton select --thresholds cove=90,max-latency=100`,
    )
    .action(
      perform<RunFlags>(async (context, options) => {
        const { assertSelected } = await import('../../select/index.ts');
        const { selectFromRun } = await import('../../pipeline/index.ts');
        const selected = await selectFromRun(await readRunOptions(options, context));
        const failure = failureOf(() => assertSelected(selected.result));
        return { ...selectionResult(selected), ...(failure !== null && { failure }) };
      }),
    );
}

function failureOf(check: () => void): Failure | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function selectionResult({ loaded, result }: SelectedRun): CommandResult {
  const { run, path } = loaded;
  return {
    json: {
      ...result,
      run: {
        run_id: run.metadata.run_id,
        timestamp: run.metadata.timestamp,
        path,
        candidates: run.candidates.length,
      },
    },
    text: (style) => selectionText({ loaded, result }, style),
  };
}
