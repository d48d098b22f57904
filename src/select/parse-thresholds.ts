/** Thresholds as a person types them, and the check that every set passes before it is used. Pure. */
import { SelectFailure } from './error.ts';
import { DEFAULT_THRESHOLDS } from './defaults.ts';
import { parseAssignments, parseDecimal } from './parse-assignments.ts';
import type { Thresholds } from './types.ts';

type ThresholdName = keyof Thresholds;

const THRESHOLD_NAMES = [
  'min_cove_pass_rate',
  'min_retrieval_score',
  'max_latency_ms',
  'min_throughput',
] as const satisfies readonly ThresholdName[];

const SPELLINGS: ReadonlyMap<string, ThresholdName> = new Map<string, ThresholdName>([
  ['cove', 'min_cove_pass_rate'],
  ['min_cove', 'min_cove_pass_rate'],
  ['cove_pass_rate', 'min_cove_pass_rate'],
  ['min_cove_pass_rate', 'min_cove_pass_rate'],
  ['retrieval', 'min_retrieval_score'],
  ['min_retrieval', 'min_retrieval_score'],
  ['retrieval_score', 'min_retrieval_score'],
  ['min_retrieval_score', 'min_retrieval_score'],
  ['max_latency', 'max_latency_ms'],
  ['max_latency_ms', 'max_latency_ms'],
  ['min_throughput', 'min_throughput'],
  ['min_tokens_per_sec', 'min_throughput'],
]);

const LABELS = {
  min_cove_pass_rate: 'cove',
  min_retrieval_score: 'retrieval',
  max_latency_ms: 'max-latency',
  min_throughput: 'min-throughput',
} as const satisfies { readonly [Name in ThresholdName]: string };

/** What these may be switched off with; CoVe and retrieval may not: `0` still asks that they were measured. */
const NONE = 'none';
const PERCENTAGES: readonly ThresholdName[] = ['min_cove_pass_rate', 'min_retrieval_score'];

/**
 * Reads `cove=90,retrieval=50,max-latency=100,min-throughput=20`, or the JSON names. A name that is not given keeps its
 * default: a bar is never lowered by silence. Throws `SELECT_THRESHOLDS_INVALID`.
 */
export function parseThresholds(text: string): Thresholds {
  const values = parseAssignments(text, {
    code: 'SELECT_THRESHOLDS_INVALID',
    noun: 'threshold',
    spellings: SPELLINGS,
    labels: LABELS,
  });
  const given = [...values].map(([name, value]) => [name, value === NONE ? null : parseDecimal(value)]);
  const thresholds = { ...DEFAULT_THRESHOLDS, ...Object.fromEntries(given) } as Thresholds;
  assertThresholds(thresholds);
  return thresholds;
}

/** Throws `SELECT_THRESHOLDS_INVALID` unless percentages are 0–100 and the others null or a finite number ≥ 0. */
export function assertThresholds(thresholds: Thresholds): void {
  for (const name of THRESHOLD_NAMES) {
    const value: number | null = thresholds[name];
    const isPercentage = PERCENTAGES.includes(name);
    if (value === null ? !isPercentage : isWithin(value, isPercentage ? 100 : Number.MAX_VALUE)) continue;
    const expected = isPercentage ? 'a percentage from 0 to 100' : 'a number of at least 0, or none';
    throw new SelectFailure(
      'SELECT_THRESHOLDS_INVALID',
      `The threshold ${LABELS[name]} must be ${expected}.`,
      {
        details: { threshold: name, expected, received: value === null ? NONE : String(value) },
      },
    );
  }
}

function isWithin(value: number, max: number): boolean {
  return Number.isFinite(value) && value >= 0 && value <= max;
}
