/** `milton bench report`: a run as one page that anybody can open, offline. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatBytes } from '../../core/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parsePath } from '../option-values.ts';
import { shown } from '../text-style.ts';
import { addChoiceOptions, readChoice, type ChoiceFlags } from './run-options.ts';

interface ReportFlags extends ChoiceFlags {
  readonly html: string;
  readonly benchmarksDir?: string;
}

export function defineBenchReport(command: Command, perform: Perform): void {
  addChoiceOptions(
    command
      .requiredOption('--html <file>', 'where the page is put; an older report is replaced', parsePath)
      .option(
        '--benchmarks-dir <dir>',
        'where runs are looked for (default: in the state directory)',
        parsePath,
      ),
  )
    .addHelpText(
      'after',
      `
Speed against quality, how the times are spread, each question, the conditions,
and how the choice came about. The page is one file without scripts; it loads
nothing, follows the light or dark of the system, and can be printed.

Examples:
  $ milton bench report --html report.html
  $ milton bench report benchmark_20260111_202801 --html report.html`,
    )
    .action(perform<ReportFlags>(report));
}

async function report(
  context: CommandContext,
  flags: ReportFlags,
  [benchmarkFile]: readonly string[],
): Promise<CommandResult> {
  const { reportRun } = await import('../../pipeline/index.ts');
  const { state, clock, version } = context;
  const htmlPath = resolve(flags.html);
  const { loaded, selection, sizeBytes } = await reportRun({
    ...(await readChoice(flags)),
    runsDir: flags.benchmarksDir === undefined ? state.runsDir : resolve(flags.benchmarksDir),
    benchmarkFile,
    htmlPath,
    programVersion: version,
    clock,
  });
  const { run_id } = loaded.run.metadata;
  const { recommended_model } = selection;
  return {
    json: { html: htmlPath, size_bytes: sizeBytes, run: loaded.path, run_id, recommended_model },
    text: ({ colors, facts }) => [
      `${colors.green('written')}  ${shown(htmlPath)}`,
      ...facts([
        ['run', shown(run_id)],
        ['size', formatBytes(sizeBytes)],
        ['chosen', shown(recommended_model)],
      ]),
    ],
  };
}
