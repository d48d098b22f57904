import { describe, expect, it } from 'vitest';
import { formatAgo, formatWhen } from '../../../src/cli/relative-time.ts';

const NOW = new Date('2026-01-11T20:00:00.000Z');
const ago = (seconds: number): string =>
  formatAgo(new Date(NOW.getTime() - seconds * 1000).toISOString(), NOW);

describe('formatAgo', () => {
  it.each<[number, string]>([
    [0, 'just now'],
    [44, 'just now'],
    [46, '1 minute ago'],
    [150, '3 minutes ago'],
    [59.6 * 60, '1 hour ago'],
    [2 * 3600, '2 hours ago'],
    [23.6 * 3600, '1 day ago'],
    [3 * 86_400, '3 days ago'],
    [90 * 86_400, '3 months ago'],
    [800 * 86_400, '2 years ago'],
  ])('says of %d seconds: %s', (seconds, text) => {
    expect(ago(seconds)).toBe(text);
  });

  it('bears a clock that was set back, and a time that is none', () => {
    expect(ago(-30)).toBe('just now');
    expect(ago(-3600)).toBe('in the future, by this clock');
    expect(formatAgo('soon', NOW)).toBe('at an unknown time');
  });
});

describe('formatWhen', () => {
  it('has both the time and how long ago it was', () => {
    expect(formatWhen('2026-01-11T18:00:05.123+00:00', NOW)).toBe('2026-01-11 18:00:05 UTC (2 hours ago)');
  });
});
