/** Speed against quality: each model a numbered point, with the 95 % interval of both. */
import type { Interval } from '../bench/index.ts';
import type { ChartOption } from './draw-chart.ts';
import { GRID, INK, MUTED, PAPER, STANDING_COLORS } from './page-style.ts';
import type { ReportedModel } from './reported-run.ts';

export interface Quality {
  readonly name: string;
  /** In percent. */
  readonly threshold: number;
  readonly valueOf: (model: ReportedModel) => number | null;
  readonly intervalOf: (model: ReportedModel) => Interval | null;
}

/** Those of which both were measured. */
export function pointsOf(
  models: readonly ReportedModel[],
  { valueOf }: Quality,
): readonly { readonly model: ReportedModel; readonly x: number; readonly y: number }[] {
  return models.flatMap((model) => {
    const [x, y] = [model.rate.value, valueOf(model)];
    return x === null || y === null ? [] : [{ model, x, y }];
  });
}

export function speedQualityOption(models: readonly ReportedModel[], quality: Quality): ChartOption {
  const points = pointsOf(models, quality);
  const bars = points.flatMap(({ model, x, y }) => [
    ...segment(quality.intervalOf(model), (end) => [x, end]),
    ...segment(model.rate.interval, (end) => [end, y]),
  ]);
  const lows = points.map(({ model, y }) => Math.min(y, quality.intervalOf(model)?.[0] ?? y));
  const floor = Math.max(0, Math.floor((Math.min(quality.threshold, ...lows) - 4) / 10) * 10);
  const text = { color: MUTED, fontSize: 12 };
  const axis = {
    type: 'value' as const,
    axisLabel: text,
    axisLine: { show: true, lineStyle: { color: MUTED } },
    splitLine: { lineStyle: { color: GRID } },
  };
  return {
    grid: { left: 48, right: 22, top: 18, bottom: 44 },
    xAxis: {
      ...axis,
      scale: true,
      boundaryGap: ['8%', '8%'],
      splitNumber: 4,
      name: 'tokens per second (more is better)',
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: text,
    },
    yAxis: {
      ...axis,
      min: floor,
      max: 100,
      axisLabel: { ...text, formatter: (value: number) => `${value} %` },
    },
    series: [
      {
        type: 'line',
        z: 1,
        data: bars,
        symbol: 'none',
        silent: true,
        clip: false,
        lineStyle: { color: MUTED, width: 1.5, opacity: 0.8 },
        markLine: {
          silent: true,
          symbol: 'none',
          lineStyle: { color: INK, type: 'dashed', width: 1 },
          label: { position: 'insideEndTop', color: INK, formatter: `at least ${quality.threshold} %` },
          data: [{ yAxis: quality.threshold }],
        },
      },
      {
        type: 'scatter',
        z: 5,
        clip: false,
        symbolSize: 22,
        // The best is drawn last, above the others.
        data: points.toReversed().map(({ model, x, y }) => ({
          value: [x, y],
          itemStyle:
            model.standing === 'out'
              ? { color: PAPER, borderColor: STANDING_COLORS.out, borderWidth: 2, opacity: 1 }
              : { color: STANDING_COLORS[model.standing], borderColor: PAPER, borderWidth: 1, opacity: 1 },
          label: {
            show: true,
            formatter: String(model.rank),
            color: model.standing === 'out' ? INK : PAPER,
            fontSize: 11,
            fontWeight: 'bold',
            textBorderWidth: 0,
          },
        })),
      },
    ],
  };
}

/** Two ends, and a gap before the next. */
function segment(interval: Interval | null, toPoint: (end: number) => number[]): (number[] | [null, null])[] {
  return interval === null ? [] : [toPoint(interval[0]), toPoint(interval[1]), [null, null]];
}
