import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/index.ts';
import type { JournalLine } from '../../../src/deploy/journal.ts';
import { viewJournal } from '../../../src/deploy/target-view.ts';
import { NO_TRUST_MEMORY, readKnownTrust, rememberTrust } from '../../../src/deploy/trust-memory.ts';
import { toJournalLine } from '../../fakes/journal.ts';

const FACTS: JsonObject = {
  policy_sha256: 'ab',
  policy_path: '/etc/milton/policy.json',
  signatures: 'require',
  key_id: 'k',
  subject_sha256: 's',
  line: 'tiny',
  counter: 7,
  downgrade: null,
  returning: false,
};

const activating = (trust: JsonObject, rest: Partial<Parameters<typeof toJournalLine>[0]> = {}) =>
  toJournalLine({ state: 'activating', facts: { trust }, ...rest });

function accepted(facts: JsonObject): JournalLine {
  const { kind: _kind, state: _state, ...line } = toJournalLine({ seq: 2 });
  return { ...line, kind: 'policy', state: 'accepted', facts };
}

const fold = (...lines: readonly JournalLine[]) => lines.reduce(rememberTrust, NO_TRUST_MEMORY);
const counters = (...lines: readonly JournalLine[]) => [
  ...(fold(...lines)
    .counters.get('tiny')
    ?.keys() ?? []),
];

describe('rememberTrust', () => {
  it('remembers the policy and the counter of what was activated, whatever became of it', () => {
    const memory = fold(activating(FACTS), toJournalLine({ state: 'rolled-back' }));
    expect(memory).toMatchObject({ policySha256: 'ab', policyPath: '/etc/milton/policy.json' });
    expect(memory.counters.get('tiny')?.get(7)).toEqual({ subjectSha256: 's', keyId: 'k' });
  });

  it('forgets neither for a run without a policy, as older versions wrote them', () => {
    const before = activating(FACTS);
    expect(fold(before, toJournalLine({ state: 'activating' }), toJournalLine({ state: 'live' }))).toEqual(
      fold(before),
    );
  });

  it('counts only what somebody vouched for, and only as it went live', () => {
    expect(counters(activating({ ...FACTS, key_id: null }))).toEqual([]);
    expect(counters(activating({ ...FACTS, returning: true }))).toEqual([]);
    expect(counters(activating({ ...FACTS, counter: '7' }))).toEqual([]);
    expect(counters(activating({ ...FACTS, line: null }))).toEqual([]);
    expect(counters(toJournalLine({ state: 'planned', facts: { trust: FACTS } }))).toEqual([]);
  });

  it('follows another policy, or none, once that was accepted', () => {
    expect(fold(activating(FACTS), accepted({ policy_sha256: 'cd', policy_path: '/p' }))).toMatchObject({
      policySha256: 'cd',
      policyPath: '/p',
    });
    const none = fold(activating(FACTS), accepted({ policy_sha256: null, policy_path: null }));
    expect([none.policySha256, none.counters.size]).toEqual([null, 1]);
  });
});

describe('readKnownTrust', () => {
  it('tells who vouched, and nothing of a line that does not say', () => {
    expect(readKnownTrust(activating(FACTS))).toEqual({
      keyId: 'k',
      subjectSha256: 's',
      line: 'tiny',
      counter: 7,
    });
    expect(readKnownTrust(activating({ ...FACTS, subject_sha256: 3 }))).toBeNull();
    expect(readKnownTrust(toJournalLine({ state: 'activating', facts: { trust: 'yes' } }))).toBeNull();
    expect(readKnownTrust(accepted(FACTS))).toBeNull();
  });
});

describe('viewJournal', () => {
  it('takes the acceptance of a policy for no release and no run', () => {
    const live = [toJournalLine({ seq: 1, state: 'activating' }), toJournalLine({ seq: 2, state: 'live' })];
    const { releases, unfinished, lastSeq } = viewJournal([...live, { ...accepted({}), seq: 3 }]);
    expect(releases.map(({ liveSince }) => liveSince)).toEqual(['2026-01-01T00:00:00.000+00:00']);
    expect([unfinished, lastSeq]).toEqual([null, 3]);
  });
});
