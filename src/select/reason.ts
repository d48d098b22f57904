/** The one sentence that says why this model and no other. Pure. */
import { escapeText, formatBytes } from '../core/index.ts';
import type { MeasuredRanked } from './alike.ts';
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

/** `alike`: those that are as good once speeds that are near each other count as the same, the winner first. */
export function toAlikeReason(
  alike: readonly MeasuredRanked[],
  { passed, count }: { readonly passed: number; readonly count: number },
): string {
  const [winner, second] = alike as readonly [MeasuredRanked, MeasuredRanked?];
  const others = alike.slice(1).map(({ version }) => escapeText(version));
  const name = escapeText(winner.version);
  const field = `${passed} of ${count} candidates that pass every threshold`;
  if (second === undefined)
    return `${name} has the highest total of the ${field}, once speeds within 5 % of each other count as the same.`;
  return `${name} is as fast as ${others.join(', ')} (within 5 %, which may be chance) and wins by ${toAlikeDecider(winner, second)}, of the ${field}.`;
}

function toAlikeDecider(winner: MeasuredRanked, second: MeasuredRanked): string {
  for (const [name, what] of QUALITIES) {
    const values = [winner.measured[name], second.measured[name]] as const;
    if ((values[0] ?? 0) > (values[1] ?? 0)) return `${what} (${describePair(values, '%')})`;
  }
  const [own, other] = [winner.sizeBytes, second.sizeBytes];
  if (own === other || own === null) return toDecider(winner, second);
  return `the smaller file (${formatBytes(own)} against ${other === null ? 'one of unknown size' : formatBytes(other)})`;
}

const QUALITIES = [
  ['cove_pass_rate', 'the CoVe pass rate'],
  ['retrieval_score', 'the retrieval score'],
] as const;

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
