import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readAnchors,
  readBecause,
  readBundlePath,
  readDamaged,
  readLoadTest,
  readServed,
  toAnchorFacts,
  toDamagedFacts,
} from '../../../src/deploy/journal-facts.ts';
import { toJournalLine } from '../../fakes/journal.ts';

const DIGEST = 'ab'.repeat(32);

describe('the facts of a journal line', () => {
  it('give back what anchors a release', () => {
    const anchors = {
      sumsSha256: DIGEST,
      deployedAt: '2026-01-11T20:28:01.000+00:00',
      permissions: { fileMode: 0o640, groupId: 12 },
    };
    expect(readAnchors(toJournalLine({ facts: toAnchorFacts(anchors) }))).toEqual(anchors);
  });

  it('give back which release was found damaged', () => {
    const damage = [{ path: 'model/a.gguf', kind: 'changed', expected: null, received: null } as const];
    const facts = { damaged: toDamagedFacts({ releaseId: 'deploy_a', damage }) };
    expect(readDamaged(toJournalLine({ facts }))).toEqual({
      id: 'deploy_a',
      files: 'model/a.gguf (changed)',
    });
  });

  it('tell how the server took the new release, and on the way back the old one', () => {
    const served = { restarted: true, answers: [{ asked: '/health', answer: 'HTTP status 200' }] };
    const line = toJournalLine({ from: 'deploy_old', to: 'deploy_new', facts: { served } });
    expect(readServed({ ...line, state: 'live' })).toMatchObject({
      id: 'deploy_new',
      service: { restarted: true, failure: null, answers: [{ asked: '/health', answer: 'HTTP status 200' }] },
    });
    expect(readServed({ ...line, state: 'rolled-back' })?.id).toBe('deploy_old');
    expect(readServed({ ...line, state: 'rolled-back', from: null })).toBeNull();
  });

  it('tell why the server did not come up, and nothing of it where something else failed', () => {
    const failed = (code: string) =>
      readServed(toJournalLine({ state: 'rolling-back', facts: { because: { code, message: 'silence' } } }));
    expect(failed('DEPLOY_PROBE_FAILED')?.service.failure).toBe('silence');
    expect(failed('TARGET_MOVED')).toBeNull();
  });

  it('tell nothing where an older journal has none of them', () => {
    const line = toJournalLine();
    expect(readLoadTest(line)).toBeNull();
    expect(readServed(line)).toBeNull();
    expect(readBecause(line)).toBeNull();
    expect(readBundlePath(line)).toBeNull();
    expect(readAnchors(line)).toEqual({ sumsSha256: null, deployedAt: null, permissions: null });
  });

  it('bear anything in their place', () => {
    const names = ['load_test', 'served', 'because', 'damaged', 'sums_sha256', 'file_mode', 'bundle_path'];
    const facts = fc.dictionary(fc.constantFrom(...names), fc.jsonValue());
    fc.assert(
      fc.property(facts, (given) => {
        const line = toJournalLine({ state: 'live', facts: JSON.parse(JSON.stringify(given)) });
        for (const read of [
          readAnchors,
          readBecause,
          readBundlePath,
          readDamaged,
          readLoadTest,
          readServed,
        ]) {
          expect(() => read(line)).not.toThrow();
        }
      }),
    );
  });
});
