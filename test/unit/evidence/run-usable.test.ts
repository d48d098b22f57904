import { describe, expect, it } from 'vitest';
import { assertRunUsable, isRunUsable } from '../../../src/evidence/run-usable.ts';
import type { LoadedRun } from '../../../src/evidence/types.ts';
import { toCandidate, toRun } from '../../fakes/benchmark-run.ts';

const now = new Date('2026-01-12T00:00:00Z');
const path = '/runs/benchmark_20260111_202801.json';

function loaded(options: Parameters<typeof toRun>[1] = {}, at = path): LoadedRun {
  return { path: at, run: toRun([toCandidate('v1')], options) };
}

describe('assertRunUsable', () => {
  it('lets a complete run of the past pass', () => {
    expect(() => assertRunUsable(loaded(), { now })).not.toThrow();
    expect(isRunUsable(loaded(), { now })).toBe(true);
  });

  it.each([
    ['a dry run', loaded({ metadata: { dry_run: true } }), 'EVIDENCE_RUN_DRY'],
    ['one that was cut short', loaded({ milton: { incomplete: true } }), 'EVIDENCE_RUN_INCOMPLETE'],
    [
      'one whose timestamp is in the future',
      loaded({ metadata: { timestamp: '2026-01-13T00:00:00+00:00' } }),
      'EVIDENCE_RUN_FUTURE',
    ],
    [
      'one whose name is in the future',
      loaded({}, '/runs/benchmark_20260113_000000.json'),
      'EVIDENCE_RUN_FUTURE',
    ],
  ])('refuses %s', (_, run, code) => {
    expect(isRunUsable(run, { now })).toBe(false);
    expect(() => assertRunUsable(run, { now })).toThrow(expect.objectContaining({ code, exitCode: 3 }));
  });

  it('allows for two clocks that differ by seconds', () => {
    expect(isRunUsable(loaded({ metadata: { timestamp: '2026-01-12T00:00:30+00:00' } }), { now })).toBe(true);
  });

  it('names the newest complete run, or says that there is none', () => {
    const dry = loaded({ metadata: { dry_run: true } });
    expect(() => assertRunUsable(dry, { now, newestComplete: 'benchmark_20260101_000000.json' })).toThrow(
      expect.objectContaining({
        hint: 'Use the newest complete run: --benchmark-file benchmark_20260101_000000.json',
        details: expect.objectContaining({ newest_complete: 'benchmark_20260101_000000.json' }),
      }),
    );
    expect(() => assertRunUsable(dry, { now, newestComplete: null })).toThrow(
      /No other run in the folder is complete/,
    );
  });
});
