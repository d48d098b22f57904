import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { progressLine, progressText } from '../../../src/cli/progress-line.ts';

const bytes = (doneBytes: number, step = 'pack') => ({
  kind: 'bytes' as const,
  step,
  doneBytes,
  totalBytes: 4e9,
});

describe('progressText', () => {
  it('says bytes, share, rate and time left', () => {
    expect(progressText(bytes(1e9), { elapsedMs: 2000 })).toBe(
      '1.00 GB of 4.00 GB (25 %), 500.0 MB/s, 6.0 s left',
    );
    expect(progressText(bytes(4e9), { elapsedMs: 2000 })).toBe('4.00 GB of 4.00 GB (100 %), 2.00 GB/s');
    expect(progressText({ ...bytes(0), totalBytes: 0 }, { elapsedMs: 0 })).toBe('0 bytes of 0 bytes (100 %)');
  });
});

describe('progressLine', () => {
  const event = { ...bytes(4.4e9, 'verify'), totalBytes: 15.3e9 };
  const line = (columns: number): string => progressLine(event, { elapsedMs: 61_000 }, columns);

  it('draws a bar where there is room, and a shorter one where there is less', () => {
    const text = '4.40 GB of 15.3 GB (28 %), 72.1 MB/s, 2 min 31 s left';
    expect(line(200)).toBe(`verify [=====               ] ${text}`);
    expect(line(80)).toBe(`verify [====             ] ${text}`);
    expect(line(68)).toBe(`verify [=    ] ${text}`);
    expect(line(67)).toBe(`verify ${text}`);
  });

  it('lets go of the rate, then of the time left', () => {
    expect(line(50)).toBe('verify 4.40 GB of 15.3 GB (28 %), 2 min 31 s left');
    expect(line(40)).toBe('verify 4.40 GB of 15.3 GB (28 %)');
    expect(line(5)).toBe('4.40 GB of 15.3 GB (28 %)');
  });

  it('fills the bar exactly at the end, and where there is nothing to do', () => {
    expect(progressLine(bytes(4e9), { elapsedMs: 2000 }, 100)).toContain('[====================]');
    expect(progressLine({ ...bytes(0), totalBytes: 0 }, { elapsedMs: 0 }, 100)).toContain(
      '[====================]',
    );
    expect(progressLine(bytes(5e9), { elapsedMs: 2000 }, 100)).toContain('[====================]');
  });
});

describe('what is counted', () => {
  const item = { name: 'tensor', no: 12, count: 291 };
  const event = { ...bytes(4.4e9, 'quantize'), totalBytes: 16.1e9, item };
  const line = (columns: number): string => progressLine(event, { elapsedMs: 61_000 }, columns);

  it('stands before the bytes', () => {
    expect(progressText(event, { elapsedMs: 61_000 })).toBe(
      'tensor 12 of 291, 4.40 GB of 16.1 GB (27 %), 72.1 MB/s, 2 min 42 s left',
    );
  });

  it('is shortened, and then goes, where the line is short', () => {
    const text = '4.40 GB of 16.1 GB (27 %), 72.1 MB/s, 2 min 42 s left';
    expect(line(120)).toBe(`quantize tensor 12 of 291 [=====               ] ${text}`);
    expect(line(91)).toBe(`quantize tensor 12 of 291 [==       ] ${text}`);
    expect(line(90)).toBe(`quantize 12/291 [====              ] ${text}`);
    expect(line(80)).toBe(`quantize 12/291 [==      ] ${text}`);
    expect(line(70)).toBe(`quantize [=    ] ${text}`);
    expect(line(65)).toBe(`quantize ${text}`);
  });

  it('is made harmless', () => {
    expect(progressText({ ...event, item: { ...item, name: '\u001b[2J' } }, { elapsedMs: 1 })).toMatch(
      /^\\x1b/,
    );
  });
});

describe('the time left', () => {
  it('goes on while a large piece is at work, and is left out when it has run out', () => {
    const text = (sinceMs: number): string => progressText(bytes(1e9), { elapsedMs: 1000, sinceMs });
    expect(text(0)).toMatch(/1\.00 GB\/s, 3\.0 s left$/);
    expect(text(2000)).toMatch(/1\.00 GB\/s, 1\.0 s left$/);
    expect(text(3000)).toMatch(/1\.00 GB\/s$/);
  });
});

describe('a step of any size at any pace', () => {
  it('never shows a number that is none, and never one below zero', () => {
    const size = fc.oneof(fc.nat(5), fc.nat(), fc.maxSafeNat());
    const ms = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e12, noNaN: true }));
    fc.assert(
      fc.property(
        size,
        size,
        ms,
        ms,
        fc.integer({ min: 1, max: 300 }),
        (done, total, elapsedMs, sinceMs, columns) => {
          const event = { ...bytes(done), totalBytes: total };
          const text = progressLine(event, { elapsedMs, sinceMs }, columns);
          expect(text).not.toMatch(/NaN|Infinity|-\d|\d e|undefined/);
          expect(Number(/\((\d+) %\)/.exec(text)?.[1])).toBeLessThanOrEqual(100);
        },
      ),
    );
  });
});
