import { describe, expect, it } from 'vitest';
import { parseTimestampNs } from '../../../src/registry/timestamp.ts';

describe('parseTimestampNs', () => {
  it('keeps microseconds, honours the zone, and takes a time without one as UTC', () => {
    expect(parseTimestampNs('1970-01-01T00:00:01.000002+00:00')).toBe(1_000_002_000n);
    expect(parseTimestampNs('1970-01-01T02:00:00+02:00')).toBe(0n);
    expect(parseTimestampNs('1970-01-01T00:00:00.5')).toBe(500_000_000n);
    expect(parseTimestampNs('1969-12-31T23:59:59.999999Z')).toBe(-1000n);
  });

  it.each(['', 'now', '2026-01-11', '2026-99-11T00:00:00Z'])('refuses %j', (text) => {
    expect(parseTimestampNs(text)).toBeNull();
  });
});
