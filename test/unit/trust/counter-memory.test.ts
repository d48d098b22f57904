import { describe, expect, it } from 'vitest';
import {
  believedReleases,
  highestCounter,
  NO_COUNTERS,
  rememberCounter,
} from '../../../src/trust/counter-memory.ts';

const take = (counter: number, subjectSha256: string, keyId = 'k', line = 'tiny') => ({
  line,
  counter,
  subjectSha256,
  keyId,
});

describe('rememberCounter', () => {
  it('keeps the first content of a counter, and what was there before as it was', () => {
    const one = rememberCounter(NO_COUNTERS, take(5, 'aa'));
    const two = rememberCounter(rememberCounter(one, take(5, 'bb', 'other')), take(3, 'cc'));
    expect([...(two.get('tiny') ?? [])]).toEqual([
      [5, { subjectSha256: 'aa', keyId: 'k' }],
      [3, { subjectSha256: 'cc', keyId: 'k' }],
    ]);
    expect(one.get('tiny')?.size).toBe(1);
    expect(NO_COUNTERS.size).toBe(0);
  });

  it('knows lines by their exact names', () => {
    const names = ['tiny', 'Tiny', '__proto__', 'constructor'];
    let accepted = NO_COUNTERS;
    for (const [index, line] of names.entries()) {
      accepted = rememberCounter(accepted, take(index, 'aa', 'k', line));
    }
    expect([...accepted.keys()]).toEqual(names);
    expect(believedReleases(accepted, 'toString', { revoked: new Set() }).size).toBe(0);
  });
});

describe('highestCounter', () => {
  it('is the highest of those whose key is still believed', () => {
    const accepted = rememberCounter(rememberCounter(NO_COUNTERS, take(5, 'aa')), take(9, 'bb', 'thief'));
    const highest = (...revoked: string[]): number | null =>
      highestCounter(believedReleases(accepted, 'tiny', { revoked: new Set(revoked) }));
    expect([highest(), highest('thief'), highest('thief', 'k')]).toEqual([9, 5, null]);
  });
});
