/** The one sentence that says why this model and no other. Pure. */
import { escapeText } from '../core/index.ts';
import type { Ranked } from './rank.ts';

/** `winners` are those within the tie width, the winner first; `count` is that of all candidates. */
export function toReason(
  winners: readonly Ranked[],
  { passed, count }: { readonly passed: number; readonly count: number },
): string {
  const [winner, second] = winners;
  if (winner === undefined) {
    if (count === 0) return 'There are no candidates.';
    return count === 1
      ? 'The only candidate does not pass every threshold.'
      : `None of the ${count} candidates passes every threshold.`;
  }
  const name = escapeText(winner.version);
  const field = `${passed} of ${count} candidates that pass every threshold`;
  if (second === undefined) {
    if (count === 1) return `${name} is the only candidate, and passes every threshold.`;
    return passed === 1
      ? `${name} is the only one of ${count} candidates that passes every threshold.`
      : `${name} has the highest total (${winner.total.toFixed(4)}) of the ${field}.`;
  }
  const others = winners.slice(1).map(({ version }) => escapeText(version));
  return `${name} ties with ${others.join(', ')} (totals within 0.01) and wins by ${toDecider(winner, second)}, of the ${field}.`;
}

function toDecider(winner: Ranked, second: Ranked): string {
  const { latency_ms: latency, throughput } = winner.measured;
  if (latency !== second.measured.latency_ms) {
    return `the lower latency (${describePair([latency, second.measured.latency_ms], 'ms')})`;
  }
  if (throughput !== second.measured.throughput) {
    return `the higher throughput (${describePair([throughput, second.measured.throughput], 'tok/s')})`;
  }
  return 'being the newest version';
}

/** Two places, unless that would make them the same. */
function describePair(values: readonly (number | null)[], unit: string): string {
  const rounded = values.map((value) => (value === null ? null : Number(value.toFixed(2))));
  const shown = rounded[0] === rounded[1] ? values : rounded;
  return shown.map((value) => (value === null ? 'none measured' : `${value} ${unit}`)).join(' against ');
}
