/** What each model's total is made of: a bar of four parts. */
import { COMPONENT_NAMES, type ComponentName } from '../select/index.ts';
import type { ChartOption, ChartSize } from './draw-chart.ts';
import type { Layout } from './figure.ts';
import { GRID, INK, MUTED, PART_COLORS } from './page-style.ts';
import type { ReportedModel } from './reported-run.ts';
import { shorten } from './words.ts';

export const PART_TITLES: Readonly<Record<ComponentName, string>> = {
  latency_ms: 'latency',
  throughput: 'tokens/s',
  cove_pass_rate: 'CoVe',
  retrieval_score: 'retrieval',
};

export function scoreSize(count: number, layout: Layout): ChartSize {
  return { width: layout === 'wide' ? 960 : 360, height: 28 * count + 62 };
}

export function scoreOption(models: readonly ReportedModel[], layout: Layout): ChartOption {
  const text = { color: MUTED, fontSize: 12 };
  return {
    grid: { left: layout === 'wide' ? 190 : 28, right: layout === 'wide' ? 150 : 62, top: 8, bottom: 46 },
    xAxis: {
      type: 'value',
      min: 0,
      max: 1,
      name: 'score (more is better)',
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: text,
      axisLabel: text,
      splitLine: { lineStyle: { color: GRID } },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: models.map(({ rank, version }) =>
        layout === 'wide' ? `${rank}. ${shorten(version, 21)}` : String(rank),
      ),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: INK, fontSize: 12, interval: 0 },
    },
    series: COMPONENT_NAMES.map((name, index) => ({
      type: 'bar',
      stack: 'total',
      silent: true,
      barWidth: 16,
      itemStyle: { color: PART_COLORS[index] ?? INK },
      data: models.map(({ score, standing }) => ({
        value: score.component_scores[name],
        itemStyle: { opacity: standing === 'out' ? 0.45 : 1 },
      })),
      ...(index === COMPONENT_NAMES.length - 1 && {
        label: {
          show: true,
          position: 'right',
          color: INK,
          opacity: 1,
          fontSize: 12,
          textBorderWidth: 0,
          formatter: ({ dataIndex }: { readonly dataIndex: number }) => totalOf(models[dataIndex], layout),
        },
      }),
    })),
  };
}

function totalOf(model: ReportedModel | undefined, layout: Layout): string {
  if (model === undefined) return '';
  const { score, standing } = model;
  const total = score.total_score.toFixed(layout === 'wide' ? 4 : 2);
  const word = standing === 'chosen' ? ' chosen' : standing === 'out' ? ' out' : '';
  return layout === 'wide' ? `${total}${word}` : `${total}${standing === 'chosen' ? ' *' : word}`;
}
