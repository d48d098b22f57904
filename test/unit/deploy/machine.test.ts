import { describe, expect, it } from 'vitest';
import {
  END_STATES,
  isBeforeActivation,
  isEndState,
  isUndoState,
  nextState,
  OPTIONAL_STATES,
  RESUME,
  TRANSITIONS,
  WORKING_STATES,
  type State,
} from '../../../src/deploy/machine.ts';

const ALL: readonly State[] = [...WORKING_STATES, ...END_STATES];
const BEFORE: readonly State[] = ['planned', 'staging', 'verified', 'load-tested'];

/** Every state that a run can come to from one, by the outcomes that are named. */
function reachedFrom(start: State, outcomes: readonly ('ok' | 'failed' | 'crashed')[]): ReadonlySet<State> {
  const reached = new Set<State>([start]);
  for (const state of reached) {
    if (isEndState(state)) continue;
    for (const outcome of outcomes) reached.add(TRANSITIONS[state][outcome]);
  }
  return reached;
}

describe('TRANSITIONS', () => {
  it('gives every working state both outcomes and a way on after a crash, and no end state any', () => {
    expect(Object.keys(TRANSITIONS)).toEqual([...WORKING_STATES]);
    for (const row of Object.values(TRANSITIONS)) {
      expect(Object.keys(row).toSorted()).toEqual(['crashed', 'failed', 'ok']);
      expect(ALL).toEqual(expect.arrayContaining([row.ok, row.failed, row.crashed]));
    }
    expect(END_STATES.filter((state) => state in TRANSITIONS)).toEqual([]);
  });

  it('leads from planned to every state, to some only by a crash', () => {
    expect([...reachedFrom('planned', ['ok', 'failed', 'crashed'])].toSorted()).toEqual(ALL.toSorted());
    const withoutCrash = reachedFrom('planned', ['ok', 'failed']);
    expect(ALL.filter((state) => !withoutCrash.has(state))).toEqual(['tidying', 'failed']);
  });

  it.each([...WORKING_STATES])(
    'leads on from %s to an end, however the steps turn out, and never in a circle',
    (start) => {
      const visit = (state: State, way: readonly State[]): void => {
        expect(way).not.toContain(state);
        if (isEndState(state)) return;
        visit(TRANSITIONS[state].ok, [...way, state]);
        visit(TRANSITIONS[state].failed, [...way, state]);
      };
      visit(start, []);
    },
  );

  it('leads after a crash to where things are undone, however often that is cut off', () => {
    for (const state of WORKING_STATES) {
      const { crashed } = TRANSITIONS[state];
      expect([state, isUndoState(crashed)]).toEqual([state, true]);
      expect(TRANSITIONS[crashed].crashed).toBe(crashed);
    }
  });

  it('never leads to live from where things are undone', () => {
    for (const state of WORKING_STATES.filter(isUndoState)) {
      expect(reachedFrom(state, ['ok', 'failed', 'crashed'])).not.toContain('live');
    }
  });

  it('refuses before the link is touched, goes back after, and is stuck only if undoing fails', () => {
    for (const state of WORKING_STATES) {
      const expected = BEFORE.includes(state) ? 'refused' : isUndoState(state) ? 'stuck' : 'rolling-back';
      expect([state, TRANSITIONS[state].failed]).toEqual([state, expected]);
    }
  });
});

describe('nextState', () => {
  const walk = (...through: (typeof OPTIONAL_STATES)[number][]): State[] => {
    const way: State[] = ['planned'];
    for (let state: State = 'planned'; !isEndState(state);) {
      state = nextState(state, 'ok', { through });
      way.push(state);
    }
    return way;
  };

  it('walks the happy way of the deployment page, past the optional states', () => {
    expect(walk()).toEqual([
      'planned',
      'staging',
      'verified',
      'load-tested',
      'activating',
      'probing',
      'live',
    ]);
  });

  it('walks an optional state where it is asked for', () => {
    expect(walk('setting-aside')).toEqual(walk().toSpliced(4, 0, 'setting-aside'));
  });

  it('never passes over a state that is not optional', () => {
    const skipped = WORKING_STATES.filter((state) =>
      WORKING_STATES.every((from) => nextState(from, 'ok') !== state && nextState(from, 'failed') !== state),
    );
    // Planned is where a run begins, tidying where a crashed one goes on.
    expect(skipped).toEqual(['planned', ...OPTIONAL_STATES, 'tidying']);
  });
});

describe('RESUME', () => {
  it('has a row for every state: nothing for an end, something for all others', () => {
    expect(Object.keys(RESUME).toSorted()).toEqual(ALL.toSorted());
    expect(ALL.filter((state) => RESUME[state] === 'nothing')).toEqual([...END_STATES]);
  });

  it('says of every state what the table says', () => {
    for (const state of WORKING_STATES) {
      const expected = TRANSITIONS[state].crashed === 'tidying' ? 'remove-partial' : 'roll-back';
      expect([state, RESUME[state]]).toEqual([state, expected]);
    }
  });

  it('leaves the target unchanged only where the link cannot have been changed', () => {
    expect(ALL.filter((state) => isBeforeActivation(state))).toEqual([...BEFORE, 'tidying']);
    expect(WORKING_STATES.filter((state) => RESUME[state] === 'roll-back')).toEqual([
      'setting-aside',
      'activating',
      'probing',
      'rolling-back',
    ]);
  });
});
