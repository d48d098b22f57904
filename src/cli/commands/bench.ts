/** `milton bench`: measure registered models, so that `select` and `deploy` have numbers to choose by. */
import { resolve } from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { quoteWord } from '../../core/index.ts';
import type { RunToResume } from '../../pipeline/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { CliFailure } from '../error.ts';
import { addLazyCommands, type CommandEntry } from '../lazy-command.ts';
import { benchNotices } from './bench-notices.ts';
import {
  addBenchOptions,
  assertResumesAlone,
  readAsked,
  type AskedBench,
  type BenchFlags,
} from './bench-options.ts';
import { BENCH_RUN_COMMANDS } from './bench-run-commands.ts';
import { benchResult } from './bench-text.ts';
import { openModels } from './open-models.ts';

export function defineBench(command: Command, perform: Perform): void {
  addBenchOptions(command.argument('[flags...]', 'behind --: flags for llama-server'))
    .addHelpText(
      'after',
      `
Each GGUF is hashed, loaded into a process of its own, and asked the suite: how
fast it answers, whether it verifies drafts (Chain-of-Verification), and whether
it finds documents (docs/benchmarking.md). A model that fails has its reason in
the run; the others go on. What the same engine measured on this machine with
the same bytes and questions is carried over. Ctrl-C keeps what is finished.

Examples:
  $ milton bench
  $ milton bench --version v1 --version v1-q8_0 --budget 30m
  $ milton bench --resume
  $ milton bench suite init ./suite
  $ milton bench --suite ./suite --threads 4 --again
  $ milton bench --engine llama-server --engine-path ./llama-server -- -fa on
  $ milton bench --version v1 --engine openai --server-url http://gpu:8000 \\
      --served-as v1=llama-3.1-8b`,
    )
    .action(perform<BenchFlags>(bench));
  addLazyCommands(command, [...BENCH_RUN_COMMANDS, SUITE], perform);
}

const SUITE: CommandEntry = {
  name: 'suite',
  description: 'What models are asked: a suite of your own.',
  load: async () => (await import('./bench-suite.ts')).defineBenchSuite,
};

async function bench(
  context: CommandContext,
  flags: BenchFlags,
  args: readonly string[],
  behind: readonly string[],
): Promise<CommandResult> {
  const [operand] = args;
  if (args.length > behind.length && operand !== undefined) throw operandRefused(operand);
  const { state, clock, env, signal, onProgress } = context;
  const { benchModels, findRunToResume, openBenchEngine } = await import('../../pipeline/index.ts');
  const runsDir = flags.benchmarksDir === undefined ? state.runsDir : resolve(flags.benchmarksDir);
  if (flags.resume === true) assertResumesAlone(flags, behind);
  const resumed = flags.resume === true ? await findRunToResume(runsDir) : null;
  const asked = resumed === null ? readAsked(flags, behind) : askedBefore(resumed);
  const { loadDefaultSuite, loadSuite } = await import('../../bench/index.ts');
  const { suite, warnings } = asked.suite === null ? await loadDefaultSuite() : await loadSuite(asked.suite);
  for (const warning of warnings) context.warn(warning);
  const { versions, budgetMs, again, engine } = asked;
  const benched = await benchModels(
    {
      registry: await openModels(context),
      versions,
      suite,
      budgetMs,
      again,
      resumed,
      runsDir,
      commandLine: commandLine(),
      record: { suite: asked.suite, engine },
    },
    {
      engine: await openBenchEngine(engine, { env, onWarning: (warning) => context.warn(warning) }),
      clock,
      signal,
      onProgress,
      onEvent: benchNotices({ notice: context.notice, nowMs: () => performance.now() }),
    },
  );
  return benchResult(benched, { suiteName: suite.name, benchmarksDir: flags.benchmarksDir ?? null });
}

function askedBefore({ request: { versions, suite, again, engine }, budgetMs }: RunToResume): AskedBench {
  return { versions, suite, budgetMs, again, engine };
}

/** As it was typed; a key stands in no option. */
function commandLine(): string {
  return ['milton', ...process.argv.slice(2)].map(quoteWord).join(' ');
}

function operandRefused(received: string): CliFailure {
  return new CliFailure('CLI_USAGE', 'milton bench takes no operand.', {
    details: { expected: 'options; flags for llama-server stand behind --', received },
    hint: 'Models are named with --version V; milton bench --help shows the commands below it.',
  });
}
