import { describe, expect, it } from 'vitest';
import { formatAgo } from '../../../src/cli/ago.ts';

const now = new Date('2026-01-11T12:00:00Z');

describe('formatAgo', () => {
  it.each([
    ['2026-01-11T11:59:31Z', 'just now'],
    ['2026-01-11T11:59:00Z', '1 minute ago'],
    ['2026-01-11T09:00:01+00:00', '2 hours ago'],
    ['2026-01-11T09:00:00.000+00:00', '3 hours ago'],
    ['2026-01-09T11:00:00Z', '2 days ago'],
    ['2026-01-11T12:00:01Z', 'at 2026-01-11T12:00:01Z'],
    ['nothing', 'at nothing'],
  ])('says of %s: %s', (timestamp, said) => {
    expect(formatAgo(timestamp, now)).toBe(said);
  });
});
