/** Calls that fail at a few places, and a disk without inodes; `npm run crash` tries them all. */
import { describe, expect, it, type TestContext } from 'vitest';
import { brokenIn, runShort, whyNot } from '../crash/short-run.ts';
import { skipLoudly } from './system-child.ts';

describe('a call that fails', () => {
  it('is never taken for a success, and leaves the old', async (context) => {
    await demand(context, 'strace');
    const report = await runShort('faults', { scenario: 'first', stride: 45 });
    expect(report.tried).toBeGreaterThan(1);
    expect(brokenIn(report)).toEqual([]);
  });

  it('for good leaves the old or the new, too', async (context) => {
    await demand(context, 'strace');
    const report = await runShort('lasting', { scenario: 'upgrade', stride: 100 });
    expect(report.tried).toBeGreaterThan(0);
    expect(brokenIn(report)).toEqual([]);
  });
});

describe('a disk without inodes', () => {
  it('is refused or undone at every number of them, until there are enough', async (context) => {
    await demand(context, 'tmpfs');
    const report = await runShort('disks', { scenario: 'inodes' });
    expect(report.tried).toBeGreaterThan(5);
    expect(brokenIn(report)).toEqual([]);
  });
});

async function demand(context: TestContext, kind: Parameters<typeof whyNot>[0]): Promise<void> {
  const reason = await whyNot(kind);
  if (reason !== null) skipLoudly(context, reason);
}
