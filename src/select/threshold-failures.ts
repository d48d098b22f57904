/** Says of a candidate which thresholds it fails, and by how much (formats page, "Selection"). Pure. */
import type { Candidate } from '../evidence/index.ts';
import { escapeText } from '../core/index.ts';
import { metricOf, toMeasured } from './measured.ts';
import type { ComponentName, Thresholds } from './types.ts';

interface Bound {
  readonly name: ComponentName;
  readonly kind: 'minimum' | 'maximum';
  readonly limit: number | null;
  readonly unit: string;
}

/** None where the candidate passes. Missing CoVe or retrieval fails; missing speed only where a limit on it is set. */
export function toThresholdFailures(candidate: Candidate, thresholds: Thresholds): readonly string[] {
  const measured = toMeasured(candidate);
  return toBounds(thresholds).flatMap((bound) => {
    const { name, kind, limit } = bound;
    if (limit === null) return [];
    const value = measured[name];
    if (value === null) return [describeMissing(candidate, { ...bound, limit })];
    const missedBy = kind === 'minimum' ? limit - value : value - limit;
    return missedBy > 0 ? [describeMiss(value, { ...bound, limit }, missedBy)] : [];
  });
}

function toBounds(thresholds: Thresholds): readonly Bound[] {
  return [
    { name: 'cove_pass_rate', kind: 'minimum', limit: thresholds.min_cove_pass_rate, unit: ' %' },
    { name: 'retrieval_score', kind: 'minimum', limit: thresholds.min_retrieval_score, unit: ' %' },
    { name: 'latency_ms', kind: 'maximum', limit: thresholds.max_latency_ms, unit: ' ms' },
    { name: 'throughput', kind: 'minimum', limit: thresholds.min_throughput, unit: ' tok/s' },
  ];
}

type SetBound = Bound & { readonly limit: number };

function describeMiss(value: number, { name, kind, limit, unit }: SetBound, missedBy: number): string {
  const side = kind === 'minimum' ? 'below' : 'above';
  return `${name} ${formatValue(value, limit)}${unit} is ${side} the ${kind} ${limit}${unit} by ${formatMiss(missedBy)}${unit}`;
}

function describeMissing(candidate: Candidate, { name, kind, limit, unit }: SetBound): string {
  const { status, error_message } = metricOf(candidate, name);
  const why = error_message === null ? status : `${status}: ${escapeText(error_message)}`;
  return `${name} was not measured (${why}); the ${kind} is ${limit}${unit}`;
}

/** Two places, unless that would read as the limit itself. */
function formatValue(value: number, limit: number): string {
  const rounded = Number(value.toFixed(2));
  return String(rounded === limit ? value : rounded);
}

/** Two places, unless that would read as nothing. */
function formatMiss(value: number): string {
  const rounded = Number(value.toFixed(2));
  return String(rounded === 0 ? Number(value.toPrecision(2)) : rounded);
}
