import { describe, expect, it } from 'vitest';
import {
  END_STATES,
  isBeforeActivation,
  isEndState,
  RESUME,
  TRANSITIONS,
  WORKING_STATES,
  type State,
} from '../../../src/deploy/machine.ts';

const ALL: readonly State[] = [...WORKING_STATES, ...END_STATES];

describe('TRANSITIONS', () => {
  it('gives every working state both outcomes, and no end state any', () => {
    expect(Object.keys(TRANSITIONS)).toEqual([...WORKING_STATES]);
    for (const outcomes of Object.values(TRANSITIONS)) {
      expect(Object.keys(outcomes).toSorted()).toEqual(['failed', 'ok']);
      expect(ALL).toEqual(expect.arrayContaining(Object.values(outcomes)));
    }
    expect(END_STATES.filter((state) => state in TRANSITIONS)).toEqual([]);
  });

  it('leads from planned to every state but failed, which only a resumed run gets', () => {
    const reached = new Set<State>(['planned']);
    for (const state of reached) {
      if (isEndState(state)) continue;
      reached.add(TRANSITIONS[state].ok).add(TRANSITIONS[state].failed);
    }
    expect(ALL.filter((state) => !reached.has(state))).toEqual(['failed']);
  });

  it('always ends, however the steps turn out', () => {
    const longest = (state: State): number =>
      isEndState(state)
        ? 0
        : 1 + Math.max(longest(TRANSITIONS[state].ok), longest(TRANSITIONS[state].failed));
    expect(longest('planned')).toBeLessThanOrEqual(WORKING_STATES.length);
  });

  it('walks the happy way of the deployment page', () => {
    const way: State[] = ['planned'];
    for (let state: State = 'planned'; !isEndState(state);) way.push((state = TRANSITIONS[state].ok));
    expect(way).toEqual(['planned', 'staging', 'verified', 'load-tested', 'activating', 'probing', 'live']);
  });

  it('refuses before the link is touched, goes back after, and is stuck only if going back fails', () => {
    for (const state of WORKING_STATES) {
      const expected = isBeforeActivation(state)
        ? 'refused'
        : state === 'rolling-back'
          ? 'stuck'
          : 'rolling-back';
      expect([state, TRANSITIONS[state].failed]).toEqual([state, expected]);
    }
  });
});

describe('RESUME', () => {
  it('has a row for every state: nothing for an end, something for all others', () => {
    expect(Object.keys(RESUME).toSorted()).toEqual(ALL.toSorted());
    expect(ALL.filter((state) => RESUME[state] === 'nothing')).toEqual([...END_STATES]);
  });

  it('leaves the target unchanged only where the link cannot have been changed', () => {
    const before = ALL.filter((state) => isBeforeActivation(state));
    expect(before).toEqual(['planned', 'staging', 'verified', 'load-tested']);
    // Nothing that comes before any of them, or is one of them, swaps the link.
    expect(WORKING_STATES.filter((state) => RESUME[state] === 'roll-back')).toEqual([
      'activating',
      'probing',
      'rolling-back',
    ]);
  });
});
