/** A run as text: what it was made with, the ranking, speed, quality, what to know, and the choice. */
import { escapeText, formatBytes, formatDuration } from '../../core/index.ts';
import type { RecordedCandidate, RecordedValue, RunNote } from '../../bench/index.ts';
import type { ModelScore } from '../../select/index.ts';
import { bar } from '../bar.ts';
import type { Lines } from '../context.ts';
import { formatMeasure, formatNumber, plural } from '../numbers.ts';
import { formatWhen } from '../relative-time.ts';
import { shown, type Fact, type TextStyle } from '../text-style.ts';
import { wrapText } from '../wrap-text.ts';
import { settingFacts } from './bench-setting.ts';
import type { ShownRun } from './bench-show.ts';

export async function showText(run: ShownRun, style: TextStyle): Promise<Lines> {
  const { colors } = style;
  const ranked = byRank(run);
  return [
    ...style.facts(headFacts(run, style)),
    '',
    colors.bold('Ranking'),
    ...(await rankingTable(run, style)),
    '',
    colors.bold('Speed'),
    ...(await speedTable(ranked, style)),
    '',
    colors.bold('Quality'),
    ...(await qualityTable(ranked, style)),
    ...noteLines(run.notes, style),
    ...choiceLines(run, style),
  ];
}

function headFacts({ loaded, state, now }: ShownRun, { colors }: TextStyle): readonly Fact[] {
  const { run, path } = loaded;
  const { metadata, candidates } = run;
  const unfit = state === 'complete' ? '' : `, ${colors.yellow(UNFIT[state])}`;
  return [
    ['run', `${shown(metadata.run_id)}, ${plural(candidates.length, 'candidate')}${unfit}`],
    ['file', shown(path)],
    ['measured', escapeText(formatWhen(metadata.timestamp, now))],
    ...settingFacts(run),
  ];
}

const UNFIT = {
  incomplete: 'incomplete: it was cut short',
  dry: 'a dry run: nothing was measured',
  future: 'dated in the future',
} as const;

/** As the choice ranks them. */
function byRank({ candidates, selection }: ShownRun): readonly RecordedCandidate[] {
  const byVersion = new Map(candidates.map((candidate) => [candidate.version, candidate]));
  return selection.all_scores.flatMap(({ model_version: version }) => byVersion.get(version) ?? []);
}

const BAR_COLUMNS = 20;
const SHORT_BAR_COLUMNS = 8;

async function rankingTable({ selection }: ShownRun, style: TextStyle): Promise<Lines> {
  const { colors } = style;
  return style.table(
    ['', 'model', 'score', '0 to 1', 'thresholds'],
    selection.all_scores.map((score) => {
      const isChosen = score.model_version === selection.recommended_model;
      const name = shown(score.model_version);
      const length = bar(score.total_score, BAR_COLUMNS);
      return [
        isChosen ? colors.green('*') : '',
        isChosen ? colors.bold(name) : name,
        score.total_score.toFixed(4),
        isChosen ? colors.green(length) : colors.dim(length),
        thresholdWord(score, style),
      ];
    }),
  );
}

function thresholdWord(
  { passed_thresholds: passed, threshold_failures: failures }: ModelScore,
  style: TextStyle,
) {
  return passed ? style.colors.green('pass') : style.colors.red(`fails ${failures.length}`);
}

async function speedTable(candidates: readonly RecordedCandidate[], style: TextStyle): Promise<Lines> {
  const slowest = Math.max(...candidates.map(({ latency }) => latency.value ?? 0));
  const fastest = Math.max(...candidates.map(({ rate }) => rate.value ?? 0));
  return style.table(
    ['model', 'first token', '', 'tokens/s', '', 'wall clock', 'loaded in', 'memory'],
    candidates.map(({ version, latency, rate, peakRam }) => [
      shown(version),
      valueCell(latency, { unit: ' ms', interval: latency.interval }, style),
      style.colors.cyan(bar((latency.value ?? 0) / slowest, SHORT_BAR_COLUMNS)),
      valueCell(rate, { unit: '', interval: rate.interval }, style),
      style.colors.cyan(bar((rate.value ?? 0) / fastest, SHORT_BAR_COLUMNS)),
      rate.source === 'wall_clock' ? 'the same' : formatNumber(rate.wallClockMedian, 1),
      latency.loadMs === null ? '-' : formatDuration(latency.loadMs),
      peakRam.value === null ? '-' : formatBytes(Math.round(peakRam.value * 1e6)),
    ]),
  );
}

async function qualityTable(candidates: readonly RecordedCandidate[], style: TextStyle): Promise<Lines> {
  return style.table(
    ['model', 'CoVe', '', 'passed', 'retrieval', '', 'words alone'],
    candidates.map(({ version, cove, retrieval }) => [
      shown(version),
      valueCell(cove, { unit: ' %', interval: cove.interval }, style),
      style.colors.cyan(bar((cove.value ?? 0) / 100, SHORT_BAR_COLUMNS)),
      cove.passed === null || cove.count === null ? '-' : `${cove.passed} of ${cove.count}`,
      valueCell(retrieval, { unit: ' %', interval: retrieval.interval }, style),
      style.colors.cyan(bar((retrieval.value ?? 0) / 100, SHORT_BAR_COLUMNS)),
      retrieval.keywordBaseline === null ? '-' : `${formatNumber(retrieval.keywordBaseline, 1)} %`,
    ]),
  );
}

/** The value with its 95 % interval; the interval stands below where the terminal is narrow. */
function valueCell(
  { status, value }: RecordedValue,
  { unit, interval }: { readonly unit: string; readonly interval: readonly [number, number] | null },
  { colors, columns }: TextStyle,
): string {
  if (value === null) return status === 'error' ? colors.red('error') : '-';
  const text = `${formatMeasure(value)}${unit}`;
  if (interval === null) return text;
  const gap = columns !== null && columns < WIDE_COLUMNS ? '\n' : ' ';
  return `${text}${gap}${colors.dim(`(${interval.map((end) => formatMeasure(end)).join(' to ')})`)}`;
}

const WIDE_COLUMNS = 110;

function noteLines(notes: readonly RunNote[], { colors, columns }: TextStyle): Lines {
  if (notes.length === 0) return [];
  const lines = notes.flatMap(({ kind, text }) => {
    const mark = kind === 'failed' ? colors.red('x') : colors.yellow('!');
    const [first = '', ...rest] = columns === null ? [text] : wrapText(text, columns - 4);
    return [`  ${mark} ${first}`, ...rest.map((line) => `    ${line}`)];
  });
  return ['', colors.bold('What to know'), ...lines];
}

function choiceLines({ selection, state }: ShownRun, { colors, columns }: TextStyle): Lines {
  const { recommended_model: best, all_scores, reason } = selection;
  const fit = (text: string, indent: string): Lines =>
    (columns === null ? [text] : wrapText(text, columns - indent.length)).map((line) => indent + line);
  const failed = all_scores.filter(({ passed_thresholds: passed }) => !passed);
  return [
    '',
    colors.bold('Choice'),
    ...failed.flatMap(({ model_version: version, threshold_failures: failures }) => [
      `  ${shown(version)} is out:`,
      ...failures.flatMap((failure) => fit(`${colors.red('-')} ${escapeText(failure)}`, '    ')),
    ]),
    `  ${best === null ? colors.red('none') : `${colors.green('chosen')}  ${colors.bold(shown(best))}`}`,
    ...fit(reason, '  '),
    ...(state === 'complete' ? [] : fit('Nothing is deployed from this run.', '  ')),
  ];
}
