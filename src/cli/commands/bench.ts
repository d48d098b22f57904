/** `milton bench`: measure registered GGUFs on this machine, so that `select` and `deploy` have numbers to choose by. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { quoteWord } from '../../core/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { addLazyCommands, type CommandEntry } from '../lazy-command.ts';
import { collectList, parseCount, parseDurationMs, parsePath, parseWhole } from '../option-values.ts';
import { benchNotices } from './bench-notices.ts';
import { BENCH_RUN_COMMANDS } from './bench-run-commands.ts';
import { benchResult } from './bench-text.ts';
import { openModels } from './open-models.ts';

interface BenchFlags {
  readonly version?: readonly string[];
  readonly suite?: string;
  readonly threads?: number;
  readonly context?: number;
  readonly gpuLayers?: number;
  readonly budget?: number;
  readonly benchmarksDir?: string;
}

export function defineBench(command: Command, perform: Perform): void {
  command
    .option('--version <v>', 'a registered version; may be repeated (default: all with a GGUF)', collectList)
    .option('--suite <dir>', 'what is asked (default: the sample suite of the package)', parsePath)
    .option('--threads <n>', 'that compute (default: all processors but one)', parseCount)
    .option('--context <tokens>', 'of context to make room for (default: 2048 at most)', parseCount)
    .option('--gpu-layers <n>', 'layers on a GPU (default: 0, the processor alone)', parseWhole)
    .option('--budget <time>', 'for all models together, such as 30m: asks fewer cases', parseDurationMs)
    .option('--benchmarks-dir <dir>', 'where the run is put (default: in the state directory)', parsePath)
    .addHelpText(
      'after',
      `
Each GGUF is hashed, loaded into a process of its own, and asked the suite: how
fast it answers, whether it verifies drafts (Chain-of-Verification), and whether
it finds documents (docs/benchmarking.md). A model that fails has its reason in
the run; the others go on. Ctrl-C keeps what is finished, marked as incomplete.

Examples:
  $ milton bench
  $ milton bench --version v1 --version v1-q8_0 --budget 30m
  $ milton bench suite init ./suite
  $ milton bench --suite ./suite --threads 4`,
    )
    .action(perform<BenchFlags>(bench));
  addLazyCommands(command, [...BENCH_RUN_COMMANDS, SUITE], perform);
}

const SUITE: CommandEntry = {
  name: 'suite',
  description: 'What models are asked: a suite of your own.',
  load: async () => (await import('./bench-suite.ts')).defineBenchSuite,
};

async function bench(context: CommandContext, flags: BenchFlags): Promise<CommandResult> {
  const { loadDefaultSuite, loadSuite } = await import('../../bench/index.ts');
  const { suite, warnings } =
    flags.suite === undefined ? await loadDefaultSuite() : await loadSuite(resolve(flags.suite));
  for (const warning of warnings) context.warn(warning);
  const { loadLlamaCppEngine } = await import('../../engine/index.ts');
  const { benchModels, embeddedSubjects } = await import('../../pipeline/index.ts');
  const { state, clock, signal, onProgress } = context;
  const engine = await loadLlamaCppEngine();
  const benched = await benchModels(
    {
      registry: await openModels(context),
      versions: flags.version ?? [],
      suite,
      budgetMs: flags.budget ?? null,
      runsDir: flags.benchmarksDir === undefined ? state.runsDir : resolve(flags.benchmarksDir),
      commandLine: commandLine(flags),
    },
    {
      engineName: engine.name,
      open: embeddedSubjects({
        engine,
        threads: flags.threads ?? null,
        contextTokens: flags.context ?? null,
        gpuLayers: flags.gpuLayers ?? 0,
      }),
      clock,
      signal,
      onProgress,
      onEvent: benchNotices({ notice: context.notice, nowMs: () => performance.now() }),
    },
  );
  return benchResult(benched, { suiteName: suite.name, benchmarksDir: flags.benchmarksDir ?? null });
}

/** As it stands in the run: what was asked for, without what was left to its default. */
function commandLine({ version, suite, threads, context, gpuLayers, budget }: BenchFlags): string {
  const words: readonly (readonly [string, string | number | undefined])[] = [
    ...(version ?? []).map((one) => ['--version', one] as const),
    ['--suite', suite],
    ['--threads', threads],
    ['--context', context],
    ['--gpu-layers', gpuLayers],
    ['--budget', budget === undefined ? undefined : `${budget}ms`],
  ];
  const given = words.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${quoteWord(String(value))}`],
  );
  return ['milton bench', ...given].join(' ');
}
