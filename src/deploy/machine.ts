/**
 * The states of a change to a target and the one table of transitions. Deployments and rollbacks both go through it; a
 * state is written to the journal before it is entered. Pure.
 *
 *     planned → staging → verified → load-tested → activating → probing → live
 *         any of the first four fails → refused          (target unchanged)
 *         activating or probing fails → rolling-back → rolled-back | stuck
 */

/** States in which something is done; each has an executor. */
export const WORKING_STATES = [
  'planned',
  'staging',
  'verified',
  'load-tested',
  'activating',
  'probing',
  'rolling-back',
] as const;
export type WorkingState = (typeof WORKING_STATES)[number];

/** `refused`: a gate said no · `failed`: a crash was cleaned up; both left the target unchanged. */
export const END_STATES = ['live', 'refused', 'failed', 'rolled-back', 'stuck'] as const;
export type EndState = (typeof END_STATES)[number];

export type State = WorkingState | EndState;

/**
 * Of a release that is taken away, which no table walks: there is no way back from it. `kept`: it could not be taken away,
 * and is whole.
 */
export const REMOVAL_STATES = ['removing', 'removed', 'kept'] as const;
export type RemovalState = (typeof REMOVAL_STATES)[number];
export type RemovalEnd = Exclude<RemovalState, 'removing'>;

/** Where each working state leads. */
export const TRANSITIONS: Readonly<Record<WorkingState, { readonly ok: State; readonly failed: State }>> = {
  planned: { ok: 'staging', failed: 'refused' },
  staging: { ok: 'verified', failed: 'refused' },
  verified: { ok: 'load-tested', failed: 'refused' },
  'load-tested': { ok: 'activating', failed: 'refused' },
  activating: { ok: 'probing', failed: 'rolling-back' },
  probing: { ok: 'live', failed: 'rolling-back' },
  'rolling-back': { ok: 'rolled-back', failed: 'stuck' },
};

/** What is to be done about a run whose journal ends in a state: clean up, go back, or nothing. */
export const RESUME: Readonly<Record<State, 'remove-partial' | 'roll-back' | 'nothing'>> = {
  planned: 'remove-partial',
  staging: 'remove-partial',
  verified: 'remove-partial',
  'load-tested': 'remove-partial',
  activating: 'roll-back',
  probing: 'roll-back',
  'rolling-back': 'roll-back',
  live: 'nothing',
  refused: 'nothing',
  failed: 'nothing',
  'rolled-back': 'nothing',
  stuck: 'nothing',
};

export function isEndState(state: State): state is EndState {
  return (END_STATES as readonly State[]).includes(state);
}

/** Until here a failure or an interrupt leaves the target as it was. */
export function isBeforeActivation(state: State): boolean {
  return RESUME[state] === 'remove-partial';
}
