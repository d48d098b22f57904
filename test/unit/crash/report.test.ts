import { describe, expect, it } from 'vitest';
import { describeBroken, summaryLine, type Report } from '../../crash/report.ts';

const report = (rest: Partial<Report>): Report => ({
  part: 'walk',
  unit: 'points',
  scenarios: 2,
  tried: 10,
  broken: [],
  skipped: [],
  ...rest,
});
const broken = {
  part: 'walk',
  scenario: 'upgrade',
  k: 7,
  what: 'rename …/a …/b',
  problems: ['nothing is live'],
};

describe('summaryLine', () => {
  it('is one line with the counts', () => {
    expect(summaryLine([report({})])).toBe('crash: 10 points in 2 scenarios, 0 broken');
    expect(
      summaryLine([
        report({ broken: [broken] }),
        report({ unit: 'power cuts', scenarios: 1, skipped: ['no root'] }),
      ]),
    ).toBe('crash: 10 points in 2 scenarios, 10 power cuts in 1 scenario, 1 broken, 1 skipped');
  });
});

describe('describeBroken', () => {
  it('names scenario, point and call, and how to see it again', () => {
    const text = describeBroken(broken).join('\n');
    expect(text).toContain('upgrade k=7: rename …/a …/b');
    expect(text).toContain('nothing is live');
    expect(text).toContain('npm run crash -- --part walk --scenario upgrade --from 7 --to 7');
  });
});
