import { describe, expect, it } from 'vitest';
import { parseTimestamp } from '../../../src/evidence/timestamp.ts';

describe('parseTimestamp', () => {
  it.each([
    ['2026-01-11T20:28:01.120934+00:00', '2026-01-11T20:28:01.120Z'],
    ['2026-01-11T20:28:01Z', '2026-01-11T20:28:01.000Z'],
    ['2026-01-11T20:28:01+02:00', '2026-01-11T18:28:01.000Z'],
    ['2026-01-11T20:28:01.5', '2026-01-11T20:28:01.500Z'],
    ['2026-01-11 20:28:01', '2026-01-11T20:28:01.000Z'],
  ])('reads %s', (text, expected) => {
    expect(parseTimestamp(text)?.toISOString()).toBe(expected);
  });

  it.each(['', 'today', '5', '2026-01-11', '2026-13-41T00:00:00Z', '2026-01-11T20:28:01 UTC'])(
    'refuses %j',
    (text) => {
      expect(parseTimestamp(text)).toBeNull();
    },
  );
});
