/** Guarantees that a run has every field in its type, metrics that can be true, and each version once. */
import { escapeText, type JsonValue } from '../core/index.ts';
import { EvidenceFailure } from './error.ts';
import { MAX_WRONG_FIELDS } from './limits.ts';
import { describeValue, toFieldMismatch, type FieldMismatch } from './schema-issue.ts';
import { METRIC_NAMES, type BenchmarkRun, type Candidate, type MetricName } from './types.ts';

const PERCENTAGES: readonly MetricName[] = ['cove_pass_rate', 'retrieval_score'];

/**
 * Reads a decoded run file (formats page, "benchmarks/runs"); `name` is what messages call it. Asynchronous because the
 * schema library is loaded on first use. Throws `EVIDENCE_RUN_INVALID`, `EVIDENCE_METRIC_INVALID`,
 * `EVIDENCE_VERSION_DUPLICATE`, and `EVIDENCE_NO_CANDIDATES` (unless the run itself says that it is dry or incomplete).
 */
export async function parseRun(value: JsonValue, name: string): Promise<BenchmarkRun> {
  const { runSchema } = await import('./run-schema.ts');
  const parsed = runSchema.safeParse(value);
  if (!parsed.success) {
    const { issues } = parsed.error;
    const shown = issues.slice(0, MAX_WRONG_FIELDS).map((issue) => toFieldMismatch(issue, value));
    throw invalid(name, shown, issues.length);
  }
  const run: BenchmarkRun = parsed.data;
  assertCandidates(run, name);
  for (const [index, candidate] of run.candidates.entries()) assertMetrics(candidate, { index, name });
  return run;
}

function invalid(name: string, shown: readonly FieldMismatch[], count: number): EvidenceFailure {
  const [first] = shown;
  if (first === undefined) throw new Error('A run is refused for at least one field.');
  const { field, expected, received } = first;
  const others = count - 1;
  const more = others === 0 ? '' : ` ${others} more ${others === 1 ? 'field is' : 'fields are'} wrong.`;
  const lines = shown.map((one) => `${one.field}: expected ${one.expected}, received ${one.received}`);
  const hidden = count - shown.length;
  return new EvidenceFailure(
    'EVIDENCE_RUN_INVALID',
    `${escapeText(name)} is not a benchmark run: expected ${expected} at ${field}, received ${received}.${more}`,
    {
      details: {
        file: name,
        field,
        expected,
        received,
        ...(others > 0 && { wrong_fields: hidden > 0 ? [...lines, `and ${hidden} more`] : lines }),
      },
    },
  );
}

function assertCandidates({ candidates, metadata, milton }: BenchmarkRun, name: string): void {
  const isUnfinished = metadata.dry_run || milton?.incomplete === true;
  if (candidates.length === 0 && !isUnfinished) {
    throw new EvidenceFailure(
      'EVIDENCE_NO_CANDIDATES',
      `${escapeText(name)} has no candidates to choose from.`,
      {
        details: {
          file: name,
          run_id: metadata.run_id,
          expected: 'at least 1 candidate',
          received: '0 candidates',
        },
      },
    );
  }
  const seen = new Map<string, number>();
  for (const [index, { version }] of candidates.entries()) {
    const before = seen.get(version);
    if (before !== undefined) {
      throw new EvidenceFailure(
        'EVIDENCE_VERSION_DUPLICATE',
        `${escapeText(name)} has the version ${escapeText(version)} twice: candidates[${before}] and candidates[${index}].`,
        { details: { file: name, version, expected: 'each version once', received: 'twice' } },
      );
    }
    seen.set(version, index);
  }
}

function assertMetrics(candidate: Candidate, { index, name }: { index: number; name: string }): void {
  for (const metric of METRIC_NAMES) {
    const { status, value } = candidate.metrics[metric];
    if (status !== 'ok') continue;
    const max = PERCENTAGES.includes(metric) ? 100 : Number.MAX_VALUE;
    if (value !== null && value >= 0 && value <= max) continue;
    const expected = max === 100 ? 'a percentage from 0 to 100' : 'a number of at least 0';
    const received = describeValue(value);
    throw new EvidenceFailure(
      'EVIDENCE_METRIC_INVALID',
      `${escapeText(name)}: ${metric} of ${escapeText(candidate.version)} says "ok"; expected ${expected}, received ${received}.`,
      { details: { file: name, field: `candidates[${index}].metrics.${metric}.value`, expected, received } },
    );
  }
}
