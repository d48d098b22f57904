/** `benchmark_summary.json`: what a bundle says about its benchmark, and reading it back. Pure, and without zod. */
import { escapeText, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { EvidenceFailure } from './error.ts';
import { describeValue } from './schema-issue.ts';
import {
  METRIC_STATUSES,
  SUMMARY_METRIC_NAMES,
  type BenchmarkRun,
  type BenchmarkSummary,
  type Candidate,
  type MetricStatus,
  type SummaryMetric,
  type SummaryMetricName,
} from './types.ts';

const SKIPPED: SummaryMetric = { value: null, status: 'skipped' };

/** Without a run (or without a candidate in it): `run_id` null and four `skipped` metrics. */
export function toBenchmarkSummary(
  run: BenchmarkRun | null,
  candidate: Candidate | null,
  version: string,
): BenchmarkSummary {
  const measured = run === null || candidate === null ? null : { run, candidate };
  return {
    run_id: measured?.run.metadata.run_id ?? null,
    timestamp: measured?.run.metadata.timestamp ?? null,
    model_version: version,
    metrics: mapMetrics((name) => {
      if (measured === null) return SKIPPED;
      const { value, status } = measured.candidate.metrics[name];
      return { value, status };
    }),
  };
}

/**
 * Reads the summary of a bundle, the Python tool's too: a metric that is not there was skipped, and keys that we do not
 * know are ignored. Throws `EVIDENCE_SUMMARY_INVALID`; `name` is what messages call the file.
 */
export function parseBenchmarkSummary(value: JsonValue, name = 'benchmark_summary.json'): BenchmarkSummary {
  const summary = requireObject(value, { field: 'the top level', name });
  const metrics = requireObject(summary['metrics'], { field: 'metrics', name });
  const model_version = summary['model_version'];
  if (typeof model_version !== 'string') {
    throw invalid({ field: 'model_version', expected: 'text', received: model_version, name });
  }
  return {
    run_id: requireNullableText(summary['run_id'], { field: 'run_id', name }),
    timestamp: requireNullableText(summary['timestamp'], { field: 'timestamp', name }),
    model_version,
    metrics: mapMetrics((metric) => parseMetric(metrics[metric], { field: `metrics.${metric}`, name })),
  };
}

interface Place {
  readonly field: string;
  readonly name: string;
}

function mapMetrics(toMetric: (name: SummaryMetricName) => SummaryMetric): BenchmarkSummary['metrics'] {
  return Object.fromEntries(
    SUMMARY_METRIC_NAMES.map((name) => [name, toMetric(name)]),
  ) as BenchmarkSummary['metrics'];
}

function parseMetric(value: JsonValue | undefined, place: Place): SummaryMetric {
  if (value === undefined) return SKIPPED;
  const metric = requireObject(value, place);
  const status = METRIC_STATUSES.find((known) => known === metric['status']);
  if (status === undefined) {
    throw invalid({
      ...inside(place, 'status'),
      expected: METRIC_STATUSES.join(' or '),
      received: metric['status'],
    });
  }
  const number = metric['value'];
  if (typeof number !== 'number' && !(number === null && status !== 'ok')) {
    throw invalid({ ...inside(place, 'value'), expected: expectedValue(status), received: number });
  }
  return { value: number, status };
}

function expectedValue(status: MetricStatus): string {
  return status === 'ok' ? 'a number, as the status is "ok"' : 'a number or null';
}

function inside({ field, name }: Place, key: string): Place {
  return { field: `${field}.${key}`, name };
}

function requireObject(value: JsonValue | undefined, place: Place): JsonObject {
  if (isJsonObject(value)) return value;
  throw invalid({ ...place, expected: 'an object', received: value });
}

function requireNullableText(value: JsonValue | undefined, place: Place): string | null {
  if (typeof value === 'string' || value === null) return value;
  throw invalid({ ...place, expected: 'text or null', received: value });
}

function invalid({
  field,
  name,
  expected,
  received,
}: Place & { readonly expected: string; readonly received: JsonValue | undefined }): EvidenceFailure {
  const shown = describeValue(received);
  return new EvidenceFailure(
    'EVIDENCE_SUMMARY_INVALID',
    `${escapeText(name)}: expected ${expected} at ${field}, received ${shown}.`,
    { details: { file: name, field, expected, received: shown } },
  );
}
