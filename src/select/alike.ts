/**
 * Speeds that only chance holds apart. The score stretches the smallest difference of speed in a run over its whole scale, so
 * that of two models that are equally fast now the one and now the other would win. Pure.
 */
import { findHighest, type Ranked } from './rank.ts';
import { toShare } from './normalize.ts';
import type { Range, Weights } from './types.ts';

const SPEEDS = ['latency_ms', 'throughput'] as const;

/**
 * Two runs on one machine differ by a few percent as a whole, which no interval within a run shows: decision 016 has the margin,
 * decision 020 why the choice has it too.
 */
const MARGIN = 0.05;

export interface MeasuredRanked extends Ranked {
  /** Whether the run states how well it knows both speeds; only `milton bench` does so, and all else is chosen as ever. */
  readonly knowsSpread: boolean;
  /** In bytes, of the measured artifact; null where it is not stated. */
  readonly sizeBytes: number | null;
}

/** What totals are made with. */
export interface Scale {
  readonly shares: Weights;
  readonly ranges: { readonly latency_ms: Range; readonly throughput: Range };
}

/**
 * Those of the passing candidates that are as good as `best` once speeds within the margin of its own count as the same; at
 * least `best` itself, which has the highest total.
 */
export function findAlike<T extends MeasuredRanked>(
  passing: readonly T[],
  best: T,
  { shares, ranges }: Scale,
): readonly T[] {
  if (!best.knowsSpread) return [best];
  const adjusted = passing
    .filter((one) => one === best || one.knowsSpread)
    .map((one) => ({ one, total: one.total + gainOfSameness(one, best, { shares, ranges }) }));
  return findHighest(adjusted).map(({ one }) => one);
}

/** More right answers first (as they weigh), then the smaller file; 0 where neither tells. */
export function compareAlike(
  a: MeasuredRanked,
  b: MeasuredRanked,
  { shares }: Pick<Scale, 'shares'>,
): number {
  return (
    qualityOf(b, shares) - qualityOf(a, shares) || (a.sizeBytes ?? Infinity) - (b.sizeBytes ?? Infinity) || 0
  );
}

function qualityOf({ measured }: Ranked, shares: Weights): number {
  const { cove_pass_rate: cove, retrieval_score: retrieval } = measured;
  return (cove ?? 0) * shares.cove_pass_rate + (retrieval ?? 0) * shares.retrieval_score;
}

/** What the total would be higher by (or lower) with the speeds of the best in place of those that are near them. */
function gainOfSameness(one: Ranked, best: Ranked, { shares, ranges }: Scale): number {
  return SPEEDS.reduce((sum, name) => {
    const [own, other] = [one.measured[name], best.measured[name]];
    if (own === null || other === null || Math.abs(own - other) > MARGIN * other) return sum;
    const share = toShare(other, ranges[name]) - toShare(own, ranges[name]);
    return sum + shares[name] * (name === 'latency_ms' ? -share : share);
  }, 0);
}
