import { describe, expect, it } from 'vitest';
import { loadDrawChart } from '../../../src/report/draw-chart.ts';

const NAME = '</text><script>alert(1)</script>" style="color:red" class="x';

describe('loadDrawChart', () => {
  it('draws a chart without script, style, class or address, and with the texts as texts', async () => {
    const draw = await loadDrawChart();
    const { text } = draw(
      {
        xAxis: { type: 'value', name: NAME },
        yAxis: { type: 'category', data: [NAME, '{b}', '{@[0]}'] },
        series: [{ type: 'bar', data: [1, 2, 3], itemStyle: { color: 'var(--blue)' } }],
      },
      { width: 400, height: 200 },
    );
    expect(text).toMatch(/^<svg aria-hidden="true" focusable="false" width="400" height="200"/);
    const tags = new Set([...text.matchAll(/<(\w+)/g)].map(([, tag]) => tag));
    expect(
      [...tags].filter((tag) => !['svg', 'g', 'rect', 'path', 'text', 'tspan'].includes(tag ?? '')),
    ).toEqual([]);
    const attributes = new Set([...text.matchAll(/ ([\w:-]+)="[^"]*"/g)].map(([, name]) => name));
    for (const name of ['style', 'class', 'href', 'xlink:href', 'onload'])
      expect(attributes).not.toContain(name);
    expect(text).toContain('fill="var(--blue)"');
    expect(text).toContain('&lt;/text&gt;&lt;script&gt;');
    expect(text).toContain('{@[0]}');
    expect(text).toContain('font-size="12px"');
  });

  it('says what to install where the library is missing', async () => {
    const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    await expect(loadDrawChart(() => Promise.reject(missing))).rejects.toMatchObject({
      code: 'REPORT_NO_CHARTS',
      hint: expect.stringMatching(/npm install -g echarts@\d/),
    });
    await expect(loadDrawChart(() => Promise.reject(new TypeError('ours')))).rejects.toThrow(TypeError);
  });
});
