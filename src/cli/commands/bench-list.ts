/** `milton bench list`: the runs there are, newest first, and which of them one could deploy from. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { escapeText, type JsonObject, type Warning } from '../../core/index.ts';
import type { ListedRun, RunState } from '../../evidence/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parsePath, parseWhole } from '../option-values.ts';
import { formatAgo } from '../relative-time.ts';
import { shown, type TextStyle } from '../text-style.ts';

interface ListFlags {
  readonly limit?: number;
  readonly benchmarksDir?: string;
}

export function defineBenchList(command: Command, perform: Perform): void {
  command
    .option('--limit <n>', 'how many (default: 20; 0 for all)', parseWhole)
    .option(
      '--benchmarks-dir <dir>',
      'where runs are looked for (default: in the state directory)',
      parsePath,
    )
    .addHelpText('after', '\nExample:\n  $ milton bench list --limit 5')
    .action(perform<ListFlags>(list));
}

async function list({ state, clock }: CommandContext, flags: ListFlags): Promise<CommandResult> {
  const { listRuns, toRunState } = await import('../../evidence/index.ts');
  const { toRecordedRun } = await import('../../bench/index.ts');
  const limit = flags.limit ?? DEFAULT_LIMIT;
  const runsDir = flags.benchmarksDir === undefined ? state.runsDir : resolve(flags.benchmarksDir);
  const now = clock.now();
  const { runs, total } = await listRuns(runsDir, limit === 0 ? {} : { limit });
  const facts = runs.map((listed): RunFacts => {
    const { path, run, failure } = listed;
    const stateOf = run === null ? 'unreadable' : toRunState({ path, run }, { now });
    return {
      listed,
      state: stateOf,
      failed: count(listed, isFailed),
      noisy: count(listed, isNoisy),
      suite: run === null ? null : toRecordedRun(run).suiteName,
      errorCode: failure?.code ?? null,
    };
  });
  return {
    json: { runs_dir: runsDir, total, runs: facts.map(toJson) },
    warnings: runs.flatMap(toWarning),
    text: (style) => toText(facts, { runsDir, total, now }, style),
  };
}

const DEFAULT_LIMIT = 20;

interface RunFacts {
  readonly listed: ListedRun;
  readonly state: RunState | 'unreadable';
  readonly failed: number;
  readonly noisy: number;
  readonly suite: string | null;
  readonly errorCode: string | null;
}

type ListedCandidate = NonNullable<ListedRun['run']>['candidates'][number];

function count({ run }: ListedRun, fits: (candidate: ListedCandidate) => boolean): number {
  return run?.candidates.filter(fits).length ?? 0;
}

function isFailed({ metrics }: ListedCandidate): boolean {
  return Object.values(metrics).some(({ status }) => status === 'error');
}

function isNoisy(candidate: ListedCandidate): boolean {
  const { conditions } = candidate as { readonly conditions?: { readonly noisy?: unknown } | null };
  return conditions?.noisy === true;
}

function toJson({ listed, state, failed, noisy, suite, errorCode }: RunFacts): JsonObject {
  const { run, path } = listed;
  return {
    run: path,
    run_id: run?.metadata.run_id ?? null,
    timestamp: run?.metadata.timestamp ?? null,
    state,
    candidates: run?.candidates.length ?? null,
    failed,
    noisy,
    suite,
    suite_sha256: run?.milton?.suite_sha256 ?? null,
    engine: run?.milton?.engine ?? null,
    engine_version: run?.milton?.engine_version ?? null,
    error_code: errorCode,
  };
}

function toWarning({ fileName, failure }: ListedRun): readonly Warning[] {
  if (failure === null) return [];
  return [{ code: 'BENCH_RUN_UNREADABLE', message: `${fileName}: ${failure.code}: ${failure.message}` }];
}

async function toText(
  facts: readonly RunFacts[],
  { runsDir, total, now }: { readonly runsDir: string; readonly total: number; readonly now: Date },
  style: TextStyle,
): Promise<readonly string[]> {
  const { colors } = style;
  if (total === 0) {
    return [`No run in ${shown(runsDir)} yet.`, `Measure first: ${colors.cyan('milton bench')}`];
  }
  const rows = facts.map((one) => toRow(one, now, style));
  return [
    ...(await style.table(['run', 'measured', 'models', 'suite', 'engine', 'state'], rows)),
    ...(total > facts.length ? ['', `${total - facts.length} older ones: milton bench list --limit 0`] : []),
  ];
}

function toRow({ listed, state, failed, noisy, suite, errorCode }: RunFacts, now: Date, style: TextStyle) {
  const { fileName, run } = listed;
  const { colors } = style;
  const name = shown(fileName.replace(/\.json$/, ''));
  if (run === null) return [name, '-', '-', '-', '-', colors.red(`unreadable: ${shown(errorCode)}`)];
  const { candidates, metadata, milton } = run;
  const trouble = [failed > 0 ? `${failed} failed` : '', noisy > 0 ? `${noisy} noisy` : ''].filter(Boolean);
  return [
    name,
    formatAgo(metadata.timestamp, now),
    [`${candidates.length}`, ...trouble].join(', '),
    short(suite ?? '-'),
    short([milton?.engine, milton?.engine_version].filter(Boolean).join(' ') || '-'),
    state === 'complete' ? colors.green('complete') : colors.yellow(STATES[state]),
  ];
}

/** What is longer names nothing better. */
function short(text: string): string {
  return escapeText(text, 40);
}

const STATES = {
  incomplete: 'incomplete',
  dry: 'dry run',
  future: 'in the future',
  unreadable: 'unreadable',
} as const;
