/** The only file that knows echarts: draws a chart as SVG that carries no script, no style and no address. */
import type { EChartsOption, init } from 'echarts';
import { isErrno } from '../core/index.ts';
import { ReportFailure } from './error.ts';
import { Html } from './html.ts';

export type ChartOption = EChartsOption;

export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

export type DrawChart = (option: ChartOption, size: ChartSize) => Html;

/** Throws `REPORT_NO_CHARTS` where the library is not installed. */
export async function loadDrawChart(load: () => Promise<unknown> = loadLibrary): Promise<DrawChart> {
  const { init } = await findLibrary(load);
  let drawn = 0;
  return (option, { width, height }) => {
    const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
    try {
      chart.setOption({ animation: false, backgroundColor: 'transparent', ...option });
      drawn += 1;
      return new Html(plain(chart.renderToSVGString({ useViewBox: true }), `chart${drawn}`));
    } finally {
      // It holds a timer, and with it the process.
      chart.dispose();
    }
  };
}

interface Library {
  readonly init: typeof init;
}

async function findLibrary(load: () => Promise<unknown>): Promise<Library> {
  try {
    return (await load()) as Library;
  } catch (error) {
    if (!isErrno(error, 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new ReportFailure(
      'REPORT_NO_CHARTS',
      'A report is drawn with echarts, and this package is not installed.',
      { cause: error },
    );
  }
}

/** All of it in one file: a tenth of the time that its hundreds of modules take. */
const LIBRARY_FILE: string = 'echarts/dist/echarts.esm.min.mjs';

async function loadLibrary(): Promise<unknown> {
  return import(LIBRARY_FILE);
}

/**
 * Texts are encoded by the library, quotes too, so that no text can look like an attribute here. What is only for the mouse
 * goes; fonts become attributes, since the page allows no style but its own.
 */
function plain(svg: string, name: string): string {
  return (
    svg
      .replace(/<style[^]*?<\/style>/g, '')
      .replace(/ (?:class|pointer-events|xmlns:xlink|version|baseProfile|ecmeta_\w+)="[^"]*"/g, '')
      // Its own ids count all charts of the process.
      .replace(/="(url\(#)?zr\d+-/g, (_, address = '') => `="${address}${name}-`)
      .replace(/ style="([^"]*)"/g, (_, style: string) => toFontAttributes(style))
      .replace('<svg ', '<svg aria-hidden="true" focusable="false" ')
      .replace(/\n+/g, '\n')
  );
}

function toFontAttributes(style: string): string {
  return style
    .split(';')
    .map((rule) => /^(font-size|font-weight):([\w.]+)$/.exec(rule.trim()))
    .map((found) => (found === null ? '' : ` ${found[1]}="${found[2]}"`))
    .join('');
}
