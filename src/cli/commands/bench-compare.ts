/** `milton bench compare`: two runs, candidate by candidate: what differs, by how much, and whether that is noise. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { escapeText, type JsonObject } from '../../core/index.ts';
import type {
  CandidateComparison,
  ComparedMetric,
  MetricComparison,
  RunComparison,
} from '../../bench/index.ts';
import type { CommandContext, CommandResult, Lines, Perform } from '../context.ts';
import { formatMeasure, formatNumber } from '../numbers.ts';
import { parsePath } from '../option-values.ts';
import { shown, type TextStyle } from '../text-style.ts';
import { wrapText } from '../wrap-text.ts';
import { addChoiceOptions, readChoice, type ChoiceFlags } from './run-options.ts';

interface CompareFlags extends ChoiceFlags {
  readonly benchmarksDir?: string;
}

export function defineBenchCompare(command: Command, perform: Perform): void {
  addChoiceOptions(
    command
      .argument('<a>', 'a run by name or path', parsePath)
      .argument('<b>', 'the run to hold against it', parsePath)
      .option(
        '--benchmarks-dir <dir>',
        'where runs are looked for (default: in the state directory)',
        parsePath,
      ),
  )
    .addHelpText(
      'after',
      `
Speeds are compared prompt by prompt, answers case by case. What two runs of one
model differ by is called noise; docs/benchmarking.md says how that is told.

Example:
  $ milton bench compare benchmark_20260110_202801 benchmark_20260111_202801`,
    )
    .action(perform<CompareFlags>(compare));
}

interface Choices {
  readonly a: string | null;
  readonly b: string | null;
}

async function compare(
  { state }: CommandContext,
  flags: CompareFlags,
  [nameOfA = '', nameOfB = '']: readonly string[],
): Promise<CommandResult> {
  const { openRun } = await import('../../evidence/index.ts');
  const { compareRuns } = await import('../../bench/index.ts');
  const { selectModel } = await import('../../select/index.ts');
  const runsDir = flags.benchmarksDir === undefined ? state.runsDir : resolve(flags.benchmarksDir);
  const choice = await readChoice(flags);
  const a = await openRun(nameOfA, runsDir, { behind: 'milton bench compare' });
  const b = await openRun(nameOfB, runsDir, { behind: `milton bench compare ${nameOfA}` });
  const comparison = compareRuns(a.run, b.run);
  const chosen: Choices = {
    a: selectModel(a.run.candidates, choice).recommended_model,
    b: selectModel(b.run.candidates, choice).recommended_model,
  };
  return {
    json: { ...toJson(comparison), chosen: { ...chosen } },
    text: (style) => toText(comparison, chosen, style),
  };
}

function toJson(comparison: RunComparison): JsonObject {
  return { ...comparison };
}

async function toText(comparison: RunComparison, chosen: Choices, style: TextStyle): Promise<Lines> {
  const { a, b, candidates, only_a, only_b, caveats, speed, quality, noisy } = comparison;
  const { colors } = style;
  const blocks: string[] = [];
  for (const candidate of candidates) blocks.push('', ...(await candidateLines(candidate, style)));
  const overall = (verdict: RunComparison['speed']): string =>
    verdict === 'different' ? colors.yellow(OVERALL[verdict]) : OVERALL[verdict];
  return [
    ...style.facts([
      ['A', `${shown(a.run_id)}, ${shown(a.timestamp)}`],
      ['B', `${shown(b.run_id)}, ${shown(b.timestamp)}`],
      ['only in A', only_a.length === 0 ? null : only_a.map((version) => shown(version)).join(', ')],
      ['only in B', only_b.length === 0 ? null : only_b.map((version) => shown(version)).join(', ')],
    ]),
    ...marked(caveats, style),
    ...(candidates.length === 0 ? ['', 'The two runs have no candidate in common.'] : blocks),
    '',
    ...style.facts([
      ['speed', `${overall(speed)}${noisy ? '; a run was noisy: measure again when nothing else runs' : ''}`],
      ['quality', overall(quality)],
      ['choice', describeChoice(chosen)],
    ]),
  ];
}

const OVERALL = {
  noise: 'what differs is noise',
  different: 'different',
  unknown: 'cannot be told',
} as const;

async function candidateLines(candidate: CandidateComparison, style: TextStyle): Promise<Lines> {
  const { version, version_b: versionB, metrics, caveats } = candidate;
  const { colors } = style;
  const rows = METRICS.map(([name, title, unit]) => toRow(metrics[name], { title, unit }, style));
  return [
    colors.bold(shown(version)) + (version === versionB ? '' : ` (${shown(versionB)} in B: the same bytes)`),
    ...(await style.table(['metric', 'A', 'B', 'B against A', 'verdict', 'why'], rows)),
    ...marked(caveats, style),
  ];
}

const METRICS: readonly (readonly [ComparedMetric, string, string])[] = [
  ['latency_ms', 'first token', ' ms'],
  ['tokens_per_sec', 'tokens/s', ''],
  ['cove_pass_rate', 'CoVe', ' %'],
  ['retrieval_score', 'retrieval', ' %'],
];

function toRow(
  { a, b, change, interval, unit: kind, verdict, because }: MetricComparison,
  { title, unit }: { readonly title: string; readonly unit: string },
  { colors }: TextStyle,
): string[] {
  const value = (number: number | null): string =>
    number === null ? '-' : `${formatMeasure(number)}${unit}`;
  const suffix = kind === 'percent' ? ' %' : ' points';
  const range = interval === null ? '' : ` (${interval.map((end) => signed(end)).join(' to ')})`;
  const paint = { better: colors.green, worse: colors.red, noise: colors.dim, unknown: colors.yellow }[
    verdict
  ];
  return [
    title,
    value(a),
    value(b),
    change === null ? '-' : `${signed(change)}${suffix}${range}`,
    paint(verdict),
    escapeText(because),
  ];
}

/** `+3.2`, `-0.4`, `0`; nothing is `-0`. */
function signed(value: number): string {
  const text = formatNumber(value, 1);
  if (text === '-0') return '0';
  return value > 0 && text !== '0' ? `+${text}` : text;
}

function marked(sentences: readonly string[], { colors, columns }: TextStyle): Lines {
  return sentences.flatMap((sentence) => {
    const [first = '', ...rest] =
      columns === null ? [escapeText(sentence)] : wrapText(escapeText(sentence), columns - 4);
    return [`  ${colors.yellow('!')} ${first}`, ...rest.map((line) => `    ${line}`)];
  });
}

function describeChoice({ a, b }: Choices): string {
  if (a === b) return a === null ? 'none in either' : `${shown(a)} in both`;
  return `${a === null ? 'none' : shown(a)} in A, ${b === null ? 'none' : shown(b)} in B`;
}
