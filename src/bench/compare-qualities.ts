/** Compares what one model was graded with in two runs, case by case and query by query where they were the same. Pure. */
import { MAX_QUERIES } from './limits.ts';
import {
  countOf,
  describeMissing,
  pairById,
  toVerdict,
  unknownComparison,
  type CompareMetricOptions,
  type Found,
} from './metric-comparison.ts';
import type { RecordedCove, RecordedRetrieval, RecordedValue } from './recorded.ts';
import type { MetricComparison } from './run-comparison.ts';
import { compareMeans, comparePairs, comparePasses } from './statistics/compare.ts';
import { independentDifference, pairedDifference, type Share } from './statistics/share-difference.ts';

export function compareCove(
  a: RecordedCove,
  b: RecordedCove,
  { sameSuite }: CompareMetricOptions,
): MetricComparison {
  const values = { a: a.value, b: b.value, unit: 'points' as const };
  const missing = describeMissing(a, b);
  if (missing !== null) return unknownComparison(values, missing);
  const common = sameSuite ? pairById(a.cases, b.cases) : [];
  if (common.length === 0) return compareShares(a, b);
  const { verdict, onlyA, onlyB, probability } = comparePasses(
    common.map(([first, second]) => [first.passed, second.passed]),
  );
  const { difference, interval } = pairedDifference({ onlyA, onlyB }, common.length);
  return {
    verdict: toVerdict(verdict, 'higher'),
    ...values,
    ...inPoints(difference, interval),
    pairs: common.length,
    because:
      onlyA + onlyB === 0
        ? `all ${countOf(common.length, 'case')} came out the same`
        : `of ${countOf(common.length, 'case')}, ${onlyB} passed in B alone and ${onlyA} in A alone (p = ${probability.toPrecision(2)})`,
  };
}

function compareShares(a: RecordedCove, b: RecordedCove): MetricComparison {
  const values = { a: a.value, b: b.value, unit: 'points' as const };
  const [shareA, shareB] = [toShare(a), toShare(b)];
  if (shareA === null || shareB === null) {
    return unknownComparison({ ...values, change: differenceOf(a, b) }, NO_CASES);
  }
  const { difference, interval } = independentDifference(shareA, shareB);
  return {
    verdict: toVerdict(besideZero(interval), 'higher'),
    ...values,
    ...inPoints(difference, interval),
    pairs: 0,
    because: `the cases were not the same: ${shareA.count} in A, ${shareB.count} in B`,
  };
}

export function compareRetrieval(
  a: RecordedRetrieval,
  b: RecordedRetrieval,
  { sameSuite }: CompareMetricOptions,
): MetricComparison {
  const values = { a: a.value, b: b.value, unit: 'points' as const };
  const missing = describeMissing(a, b);
  if (missing !== null) return unknownComparison(values, missing);
  const [queriesA, queriesB] = [a.queries.slice(0, MAX_QUERIES), b.queries.slice(0, MAX_QUERIES)];
  const scores = (sameSuite ? pairById(queriesA, queriesB) : []).map(
    ([first, second]) => [first.f1, second.f1] as const,
  );
  const compared =
    comparePairs(scores) ??
    compareMeans(
      queriesA.map(({ f1 }) => f1),
      queriesB.map(({ f1 }) => f1),
    );
  if (compared === null) return unknownComparison({ ...values, change: differenceOf(a, b) }, NO_CASES);
  const [lower, higher] = [
    scores.filter(([before, after]) => after < before).length,
    scores.filter(([before, after]) => after > before).length,
  ];
  return {
    verdict: toVerdict(compared.verdict, 'higher'),
    ...values,
    ...inPoints(compared.difference, compared.interval),
    pairs: scores.length,
    because:
      scores.length === 0
        ? `the queries were not the same: ${queriesA.length} in A, ${queriesB.length} in B`
        : lower + higher === 0
          ? `all ${countOf(scores.length, 'query', 'queries')} scored the same`
          : `of ${countOf(scores.length, 'query', 'queries')}, ${higher} scored higher in B and ${lower} lower`,
  };
}

const NO_CASES = 'the runs do not state how the single questions came out';

function besideZero([low, high]: readonly [number, number]): Found {
  return low > 0 ? 'higher' : high < 0 ? 'lower' : 'noise';
}

function inPoints(
  share: number,
  [low, high]: readonly [number, number],
): Pick<MetricComparison, 'change' | 'interval' | 'confidence'> {
  return { change: 100 * share, interval: [100 * low, 100 * high], confidence: 0.95 };
}

function differenceOf(a: RecordedValue, b: RecordedValue): number | null {
  return a.value === null || b.value === null ? null : b.value - a.value;
}

/** Null where it is none. */
function toShare({ passed, count }: RecordedCove): Share | null {
  if (passed === null || count === null || count < 1 || passed < 0 || passed > count) return null;
  return { passed, count };
}
