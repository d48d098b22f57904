/** What whoever waits for a benchmark gets to see: the estimate, each model, each of its tiers, and how far a long one is. */
import { escapeText, formatDuration } from '../../core/index.ts';
import type { Tier } from '../../bench/index.ts';
import type { BenchEstimate, BenchEvent } from '../../pipeline/index.ts';
import { formatNumber, plural } from '../numbers.ts';

export interface BenchNoticeOptions {
  readonly notice: (text: string) => void;
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
}

export function benchNotices({ notice, nowMs }: BenchNoticeOptions): (event: BenchEvent) => void {
  let tier: Tier | null = null;
  let saidMs = 0;
  return (event) => {
    switch (event.kind) {
      case 'estimated':
        for (const line of estimateLines(event.estimate)) notice(line);
        break;
      case 'carried': {
        const from = escapeText(event.from.run_id);
        notice(`${escapeText(event.version)} was measured in ${from}; --again measures it anew`);
        break;
      }
      case 'begun':
        tier = null;
        saidMs = nowMs();
        notice(`Measuring ${escapeText(event.version)} (${event.no} of ${event.count}) …`);
        break;
      case 'asked': {
        const isLast = event.done === event.total;
        const isNew = event.tier !== tier;
        if (!isNew && !isLast && nowMs() - saidMs < SAY_EVERY_MS) break;
        tier = event.tier;
        saidMs = nowMs();
        notice(`  ${TIERS[event.tier]} ${event.done}${event.total === null ? '' : ` of ${event.total}`}`);
        break;
      }
      case 'ended':
        if (event.failure !== null) notice(`  failed: ${escapeText(event.failure.message, 1000)}`);
        break;
    }
  };
}

const TIERS: Readonly<Record<Tier, string>> = {
  speed: 'speed: round',
  cove: 'verification: case',
  retrieval: 'retrieval: document',
};

const SAY_EVERY_MS = 5000;

function estimateLines({ totalMs, models, sampled }: BenchEstimate): readonly string[] {
  const lines =
    models.length === 0
      ? []
      : [`This takes about ${formatDuration(totalMs)} for ${plural(models.length, 'model')}:`];
  for (const { version, estimatedMs, tokensPerSecond } of models) {
    const rate = `${formatNumber(tokensPerSecond, 1)} tokens/s`;
    lines.push(`  ${escapeText(version)}: about ${formatDuration(estimatedMs)}, at ${rate}`);
  }
  if (sampled !== null) {
    const { speed, cove, retrieval } = sampled;
    lines.push(`Not all is asked: of each model ${speed} prompts, ${cove} cases and ${retrieval} queries.`);
  }
  return lines;
}
