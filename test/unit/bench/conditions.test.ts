import { describe, expect, it } from 'vitest';
import { findNoise, isThrottled, type Surroundings } from '../../../src/bench/conditions.ts';

const OPTIONS = { threads: 1, unsettled: [] };

const at = (
  atMs: number,
  load: Partial<Surroundings['load']> = {},
  ownCpuMs: number | null = atMs,
): Surroundings => ({
  atMs,
  ownCpuMs,
  load: { loadAverage: 0.5, busyMs: atMs, throttleCount: 0, processors: 2, ...load },
});

describe('findNoise', () => {
  it('finds nothing where all work was ours', () => {
    expect(findNoise(at(0), at(10_000), OPTIONS)).toEqual([]);
  });

  it('lets a little work of others pass', () => {
    expect(findNoise(at(0), at(10_000, { busyMs: 12_000 }), OPTIONS)).toEqual([]);
  });

  it('names a busy loop beside it, however short the measurement', () => {
    const reason = 'other programs kept 1.0 of 2 processors busy meanwhile';
    expect(findNoise(at(0), at(10_000, { busyMs: 20_000 }), OPTIONS)).toEqual([reason]);
    expect(findNoise(at(0), at(1000, { busyMs: 2000 }), OPTIONS)).toEqual([reason]);
  });

  it('falls back on the load average where our own work is not known', () => {
    const before = at(0, { loadAverage: 2.5 }, null);
    expect(findNoise(before, at(10_000, { loadAverage: 1.2 }, null), OPTIONS)).toEqual([
      'the load average was 2.50 before and 1.20 after, with 1 thread of our own',
    ]);
    expect(findNoise(before, at(10_000, {}, null), { threads: 4, unsettled: [] })).toEqual([]);
    expect(findNoise(at(0, { busyMs: null }), at(10_000, { busyMs: null }), OPTIONS)).toEqual([]);
  });

  it('names a processor that was slowed down, and what the timing found itself', () => {
    expect(
      findNoise(at(0, { throttleCount: 3 }), at(10_000, { throttleCount: 5 }), {
        threads: 1,
        unsettled: ['it wavered'],
      }),
    ).toEqual(['the processor was slowed down, for heat or by a limit', 'it wavered']);
    expect(isThrottled(at(0, { throttleCount: null }), at(1))).toBeNull();
    expect(isThrottled(at(0), at(1))).toBe(false);
  });
});
