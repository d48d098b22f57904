/** The order of candidates and the winner among them, never depending on the order of the file. Pure. */
import { compareVersions } from '../core/index.ts';
import type { Measured } from './measured.ts';

export interface Ranked {
  readonly version: string;
  readonly measured: Measured;
  /** Not rounded: rounding could make a tie of what is none. */
  readonly total: number;
  readonly passed: boolean;
}

/** Totals closer than this to the highest are a tie. */
export const TIE_WIDTH = 0.01;

/** Highest total first; equal totals in the order of the tie rule. */
export function rank<T extends Ranked>(candidates: readonly T[]): readonly T[] {
  return candidates.toSorted((a, b) => b.total - a.total || compareTied(a, b));
}

/** Those that pass within {@link TIE_WIDTH} of the highest total that passes, best first. None where nobody passes. */
export function findWinners<T extends Ranked>(candidates: readonly T[]): readonly T[] {
  return findHighest(candidates.filter(({ passed }) => passed)).toSorted(compareTied);
}

/** Those within {@link TIE_WIDTH} of the highest total. */
export function findHighest<T extends Pick<Ranked, 'total'>>(candidates: readonly T[]): readonly T[] {
  const highest = Math.max(...candidates.map(({ total }) => total));
  return candidates.filter(({ total }) => highest - total < TIE_WIDTH);
}

/** Lower latency, then higher throughput (a missing one loses), then the newest version. */
export function compareTied(a: Ranked, b: Ranked): number {
  return (
    compareNumbers(a.measured.latency_ms ?? Infinity, b.measured.latency_ms ?? Infinity) ||
    compareNumbers(b.measured.throughput ?? -Infinity, a.measured.throughput ?? -Infinity) ||
    compareVersions(b.version, a.version)
  );
}

function compareNumbers(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
