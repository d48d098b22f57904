/** Power cuts at a few moments; `npm run crash` tries them all. */
import { describe, expect, it, type TestContext } from 'vitest';
import { brokenIn, runShort, whyNot } from '../crash/short-run.ts';
import { skipLoudly } from './system-child.ts';

describe('a disk that loses its power', () => {
  it('has the old or the new, and after the end the new; without fsync it is seen to lose it', async (context) => {
    await demand(context, 'ext4');
    const report = await runShort('power', { scenario: 'upgrade', stride: 47 });
    expect(report.tried).toBeGreaterThan(4);
    expect(brokenIn(report)).toEqual([]);
  });
});

async function demand(context: TestContext, kind: Parameters<typeof whyNot>[0]): Promise<void> {
  const reason = await whyNot(kind);
  if (reason !== null) skipLoudly(context, reason);
}
