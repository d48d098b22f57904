import { describe, expect, it } from 'vitest';
import { fixedClock, systemClock } from '../../../src/system/clock.ts';

describe('fixedClock', () => {
  it('stands still, and cannot be moved through a date it gave', () => {
    const clock = fixedClock(new Date(1_000_000));
    clock.now().setFullYear(1999);
    expect(clock.now().getTime()).toBe(1_000_000);
  });
});

describe('systemClock', () => {
  it('gives the time of this machine', () => {
    const before = Date.now();
    const now = systemClock.now().getTime();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });
});
