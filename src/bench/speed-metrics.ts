/** What was timed as `latency_ms` and `tokens_per_sec` of a run file. */
import type { JsonObject } from '../core/index.ts';
import type { Metric } from '../evidence/index.ts';
import { MAX_KEPT_SAMPLES } from './limits.ts';
import type { PromptSamples, SpeedMeasurement } from './measure-speed.ts';
import { measured, skipped } from './metric.ts';
import { sampleEvenly } from './sample-evenly.ts';
import type { SpeedSample } from './speed-sample.ts';
import { rateOf } from './speed-spread.ts';
import { bootstrapStrata } from './statistics/bootstrap.ts';
import { seededRandom } from './statistics/seeded-random.ts';
import { median, summarize, type Summary } from './statistics/summary.ts';

export interface SpeedMetrics {
  readonly latency_ms: Metric;
  readonly tokens_per_sec: Metric;
}

/**
 * The value of each is the median of the medians of its prompts: a prompt counts once, however its answers are scattered. What
 * was cut short is `skipped`, with what there is in its metadata. `loadMs`: how long the model took to load.
 */
export function toSpeedMetrics(
  measurement: SpeedMeasurement,
  { loadMs }: { readonly loadMs: number | null },
): SpeedMetrics {
  const { prompts, rounds, spread, settled, isComplete } = measurement;
  if (rounds === 0) {
    const nothing = skipped('interrupted before every prompt had been answered once');
    return { latency_ms: nothing, tokens_per_sec: nothing };
  }
  const finish = ({ value, metadata }: Valued): Metric =>
    isComplete ? measured(value, metadata) : skipped(`interrupted after ${rounds} rounds`, metadata);
  const about = {
    rounds,
    settled,
    spread: Number.isFinite(spread) ? spread : null,
    chat_template: measurement.usesChatTemplate,
  };
  const latency = valueOf(prompts, ({ timeToFirstTokenMs }) => timeToFirstTokenMs);
  const rate = valueOf(prompts, rateOf);
  const all = prompts.flatMap(({ samples }) => samples);
  if (latency === null) throw new Error('Every round has a time for every prompt.');
  return {
    latency_ms: finish({
      value: latency.value,
      metadata: {
        metric: 'first_token_latency',
        ...latency.metadata,
        ...about,
        total_latency_ms: summarize(all.map(({ totalMs }) => totalMs)),
        load_ms: loadMs,
      },
    }),
    tokens_per_sec:
      rate === null
        ? skipped('every answer ended after its first token, so that there is no rate')
        : finish({ value: rate.value, metadata: { ...rate.metadata, ...about, ...rateFacts(all) } }),
  };
}

interface Valued {
  readonly value: number;
  readonly metadata: JsonObject;
}

/** Null where no sample of any prompt has the number. */
function valueOf(
  prompts: readonly PromptSamples[],
  numberOf: (sample: SpeedSample) => number | null,
): Valued | null {
  const strata = prompts.flatMap(({ id, category, samples }) => {
    const values = samples.flatMap((sample) => numberOf(sample) ?? []);
    return values.length === 0 ? [] : [{ id, category, values }];
  });
  if (strata.length === 0) return null;
  const lists = strata.map(({ values }) => values);
  const medianOfMedians = (all: readonly (readonly number[])[]): number => median(all.map(median));
  const [low, high] = bootstrapStrata(lists, medianOfMedians, { random: seededRandom(BOOTSTRAP_SEED) });
  return {
    value: medianOfMedians(lists),
    metadata: {
      summary: summarize(lists.flat()),
      value_interval_95: [low, high],
      prompts: strata.map(({ id, category, values }) => ({
        id,
        category,
        summary: summarize(values),
        samples: values,
      })),
      samples: [...sampleEvenly(lists.flat(), MAX_KEPT_SAMPLES)],
    },
  };
}

function rateFacts(samples: readonly SpeedSample[]): JsonObject {
  const own = samples.some(({ ownTokensPerSecond }) => ownTokensPerSecond !== null);
  const differences = samples.flatMap(({ differencePerTokenUs }) => differencePerTokenUs ?? []);
  return {
    source: own ? 'llama.cpp' : 'wall_clock',
    wall_clock: summaryOf(samples.flatMap(({ wallTokensPerSecond }) => wallTokensPerSecond ?? [])),
    prompt_tokens_per_sec: summaryOf(
      samples.flatMap(({ promptTokensPerSecond }) => promptTokensPerSecond ?? []),
    ),
    difference_per_token_us: differences.length === 0 ? null : median(differences),
  };
}

function summaryOf(values: readonly number[]): Summary | null {
  return values.length === 0 ? null : summarize(values);
}

/** Fixed, so that the same samples give the same interval. */
const BOOTSTRAP_SEED = 1;
