/** What the comparisons of all metrics have in common. Pure. */
import type { RecordedValue } from './recorded.ts';
import type { MetricComparison, ComparisonVerdict } from './run-comparison.ts';

export interface CompareMetricOptions {
  /** Both runs state the digest of their suite, and it is the same: what has the same id is the same question. */
  readonly sameSuite: boolean;
}

type Values = Pick<MetricComparison, 'a' | 'b' | 'unit'> & { readonly change?: number | null };

export function unknownComparison({ change = null, ...values }: Values, because: string): MetricComparison {
  return { verdict: 'unknown', ...values, change, interval: null, confidence: null, pairs: 0, because };
}

/** Null where both were measured. */
export function describeMissing(a: RecordedValue, b: RecordedValue): string | null {
  const missing = [a.value === null ? 'A' : null, b.value === null ? 'B' : null].filter(
    (run) => run !== null,
  );
  return missing.length === 0 ? null : `not measured in ${missing.join(' and in ')}`;
}

export type Found = 'noise' | 'lower' | 'higher';

export function toVerdict(found: Found, better: 'lower' | 'higher'): ComparisonVerdict {
  return found === 'noise' ? 'noise' : found === better ? 'better' : 'worse';
}

/** Those that stand in both lists under the same id, in the order of the first. */
export function pairById<T extends { readonly id: string }>(
  a: readonly T[],
  b: readonly T[],
): readonly (readonly [a: T, b: T])[] {
  const byId = new Map(b.map((one) => [one.id, one]));
  return a.flatMap((first) => {
    const second = byId.get(first.id);
    return second === undefined ? [] : [[first, second] as const];
  });
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
