/** Says what `milton bench` measured: a table, and as JSON. */
import { isJsonObject, quoteWord, type JsonObject } from '../../core/index.ts';
import type { Candidate, Metric } from '../../evidence/index.ts';
import type { BenchedModels } from '../../pipeline/index.ts';
import type { CommandResult } from '../context.ts';
import { formatNumber } from '../numbers.ts';
import { shown, type TextStyle } from '../text-style.ts';

export interface BenchTextOptions {
  readonly suiteName: string;
  /** As it was typed; null for the one of the state directory. */
  readonly benchmarksDir: string | null;
}

export function benchResult(benched: BenchedModels, options: BenchTextOptions): CommandResult {
  const { saved, estimate, warnings, failure } = benched;
  const { run, path } = saved;
  return {
    json: {
      run: path,
      run_id: run.metadata.run_id,
      incomplete: run.milton?.incomplete === true,
      suite: options.suiteName,
      suite_sha256: run.milton?.suite_sha256 ?? null,
      estimated_ms: Math.round(estimate.totalMs),
      sampled: estimate.sampled === null ? null : { ...estimate.sampled },
      candidates: run.candidates.map(toJson),
      next: nextStep(benched, options),
    },
    text: async (style) => toText(benched, options, style),
    warnings,
    ...(failure !== null && { failure }),
  };
}

/** The metrics without what they were made of, which stands in the run. */
function toJson(candidate: Candidate): JsonObject {
  const { version, metrics, artifact = null } = candidate;
  const values = Object.entries(metrics).map(([name, { status, value, error_message }]) => [
    name,
    { status, value, error_message },
  ]);
  return {
    version,
    sha256: artifact?.sha256 ?? null,
    noisy: isNoisy(candidate),
    carried_over: carriedFrom(candidate),
    metrics: Object.fromEntries(values) as JsonObject,
  };
}

async function toText(
  benched: BenchedModels,
  options: BenchTextOptions,
  style: TextStyle,
): Promise<readonly string[]> {
  const { colors, facts } = style;
  const { path, run } = benched.saved;
  const next = nextStep(benched, options);
  const isIncomplete = run.milton?.incomplete === true;
  return [
    ...(await style.table(
      ['model', 'latency', 'tok/s', 'CoVe', 'retrieval', ''],
      run.candidates.map((candidate) => row(candidate, style)),
    )),
    '',
    `${isIncomplete ? colors.yellow('incomplete') : colors.green('measured')}  ${shown(path)}`,
    ...facts([
      ['suite', shown(options.suiteName)],
      ['next', next === null ? null : colors.cyan(next)],
    ]),
  ];
}

function row(candidate: Candidate, { colors }: TextStyle): string[] {
  const { version, metrics } = candidate;
  const cell = ({ status, value }: Metric, unit: string): string =>
    status === 'ok' ? `${formatNumber(value)}${unit}` : status === 'error' ? colors.red('error') : '-';
  return [
    shown(version),
    cell(metrics.latency_ms, ' ms'),
    cell(metrics.tokens_per_sec, ''),
    cell(metrics.cove_pass_rate, ' %'),
    cell(metrics.retrieval_score, ' %'),
    remarks(candidate, colors),
  ];
}

function remarks(candidate: Candidate, colors: TextStyle['colors']): string {
  const from = carriedFrom(candidate);
  const noisy = isNoisy(candidate) ? [colors.yellow('noisy')] : [];
  return [...noisy, ...(from === null ? [] : [colors.dim(`measured in ${shown(from)}`)])].join(', ');
}

/** The run whose numbers these are; null where they were measured now. */
function carriedFrom(candidate: Candidate): string | null {
  const from = (candidate as JsonObject)['carried_over'];
  const runId = isJsonObject(from) ? from['run_id'] : null;
  return typeof runId === 'string' ? runId : null;
}

function isNoisy(candidate: Candidate): boolean {
  const conditions = (candidate as JsonObject)['conditions'];
  return isJsonObject(conditions) && conditions['noisy'] === true;
}

/** Null where there is nothing to choose from. */
function nextStep({ failure, saved }: BenchedModels, { benchmarksDir }: BenchTextOptions): string | null {
  const isIncomplete = saved.run.milton?.incomplete === true;
  if (failure !== null && !isIncomplete) return null;
  const command = isIncomplete ? 'milton bench --resume' : 'milton select';
  return benchmarksDir === null ? command : `${command} --benchmarks-dir ${quoteWord(benchmarksDir)}`;
}
