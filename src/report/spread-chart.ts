/** Where single measurements lie: a row for each model, a dot for each answer, a mark for the value with its interval. */
import type { RecordedSpeed } from '../bench/index.ts';
import type { ChartOption, ChartSize } from './draw-chart.ts';
import type { Layout } from './figure.ts';
import { MAX_DOTS } from './limits.ts';
import { GRID, INK, MUTED, STANDING_COLORS } from './page-style.ts';
import type { ReportedModel } from './reported-run.ts';
import { shorten } from './words.ts';

export interface Spread {
  readonly axis: string;
  readonly speedOf: (model: ReportedModel) => RecordedSpeed;
}

/** Those that have samples. */
export function spreadModels(
  models: readonly ReportedModel[],
  { speedOf }: Spread,
): readonly ReportedModel[] {
  return models.filter((model) => samplesOf(speedOf(model)).length > 0);
}

export function spreadSize(count: number, layout: Layout): ChartSize {
  return { width: layout === 'wide' ? 960 : 360, height: 28 * count + 62 };
}

export function spreadOption(models: readonly ReportedModel[], spread: Spread, layout: Layout): ChartOption {
  const rows = models.map((model, row) => ({
    row,
    model,
    speed: spread.speedOf(model),
    samples: samplesOf(spread.speedOf(model)),
  }));
  const all = rows.flatMap(({ samples }) => samples);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  // Prompts differ by far more than models do: on a plain scale the short ones would all lie in one place.
  const isWideRange = high > 8 * low;
  const names = rows.map(({ model }) =>
    layout === 'wide' ? `${model.rank}. ${shorten(model.version, 21)}` : String(model.rank),
  );
  const text = { color: MUTED, fontSize: 12 };
  return {
    grid: { left: layout === 'wide' ? 190 : 28, right: 20, top: 8, bottom: 46 },
    xAxis: {
      type: isWideRange ? 'log' : 'value',
      ...(isWideRange
        ? { logBase: 2, min: 2 ** Math.floor(Math.log2(low)), max: 2 ** Math.ceil(Math.log2(high)) }
        : { scale: true }),
      name: spread.axis,
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: text,
      axisLabel: { ...text, hideOverlap: true },
      axisLine: { show: true, onZero: false, lineStyle: { color: MUTED } },
      splitLine: { lineStyle: { color: GRID } },
    },
    yAxis: {
      type: 'value',
      inverse: true,
      min: -0.5,
      max: models.length - 0.5,
      interval: 0.5,
      axisTick: { show: false },
      axisLine: { show: false },
      splitLine: { show: false },
      axisLabel: { color: INK, fontSize: 12, formatter: (value: number) => names[value] ?? '' },
    },
    series: [
      {
        type: 'scatter',
        silent: true,
        symbolSize: 5,
        data: rows.flatMap(({ row, model, samples }) =>
          samples.map((sample, no) => ({
            value: [sample, row + jitter(no)],
            itemStyle: { color: STANDING_COLORS[model.standing], opacity: 0.45 },
          })),
        ),
      },
      {
        type: 'line',
        silent: true,
        symbol: 'none',
        lineStyle: { color: INK, width: 4 },
        data: rows.flatMap(({ row, speed: { interval } }) =>
          interval === null
            ? []
            : [
                [interval[0], row],
                [interval[1], row],
                [null, null],
              ],
        ),
      },
      {
        type: 'scatter',
        silent: true,
        symbol: 'rect',
        symbolSize: [3, 20],
        itemStyle: { color: INK },
        data: rows.flatMap(({ row, speed: { value } }) => (value === null ? [] : [[value, row]])),
      },
    ],
  };
}

/** Evenly over all prompts, each of which has its own place. */
function samplesOf({ prompts }: RecordedSpeed): readonly number[] {
  const count = prompts.reduce((sum, { samples }) => sum + samples.length, 0);
  const step = Math.max(1, count / MAX_DOTS);
  const samples: number[] = [];
  let at = 0;
  let next = 0;
  for (const prompt of prompts) {
    for (const sample of prompt.samples) {
      if (at >= next) {
        samples.push(sample);
        next += step;
      }
      at += 1;
    }
  }
  return samples;
}

/** Between −0.3 and 0.3, the same each time, no two near each other (the golden ratio). */
function jitter(no: number): number {
  return (((no * 0.618034) % 1) - 0.5) * 0.6;
}
