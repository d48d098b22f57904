/** A few steps of the walks that `npm run crash` makes in full. */
import { beforeEach, describe, expect, it } from 'vitest';
import { brokenIn, runShort, whyNot } from '../crash/short-run.ts';
import { skipLoudly } from './system-child.ts';

beforeEach(async (context) => {
  const reason = await whyNot('strace');
  if (reason !== null) skipLoudly(context, reason);
});

describe('a change that is killed before a call that changes something', () => {
  it.each([
    ['a first deployment', 'first', 90],
    ['an upgrade', 'upgrade', 60],
    ['a rollback', 'rollback', 30],
  ])(
    'leaves the old or the new, and nothing else, after some of the calls of %s',
    async (_, scenario, stride) => {
      const report = await runShort('walk', { scenario, stride });
      expect(report.tried).toBeGreaterThan(1);
      expect(brokenIn(report)).toEqual([]);
    },
  );
});

describe('the order in which a deployment asks the disk', () => {
  it.each(['first', 'upgrade'])('survives a power cut at any moment: %s', async (scenario) => {
    const report = await runShort('order', { scenario });
    expect(report.tried).toBe(1);
    expect(brokenIn(report)).toEqual([]);
  });
});
