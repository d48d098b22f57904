/**
 * The states of a change to a target and the one table of transitions. Deployments, adoptions, rollbacks and the settling of
 * what a crash left all go through it; a state is written to the journal before it is entered. Pure.
 *
 *     planned → staging → verified → load-tested → (setting-aside) → activating → probing → live
 *         any of the first four fails → refused                       (target unchanged)
 *         the next three fail → rolling-back → rolled-back | stuck
 *         a crash in the first four → tidying → failed | stuck        (target unchanged)
 *         a crash in any later one → rolling-back
 */

/** States in which something is done; each has an executor. */
export const WORKING_STATES = [
  'planned',
  'staging',
  'verified',
  'load-tested',
  'setting-aside',
  'activating',
  'probing',
  'rolling-back',
  'tidying',
] as const;
export type WorkingState = (typeof WORKING_STATES)[number];

/** `refused`: a gate said no · `failed`: a crash was cleaned up; both left the target unchanged. */
export const END_STATES = ['live', 'refused', 'failed', 'rolled-back', 'stuck'] as const;
export type EndState = (typeof END_STATES)[number];

export type State = WorkingState | EndState;

/** Where something that was begun is undone. */
export type UndoState = 'rolling-back' | 'tidying';

/** States that only a change enters that asks for them; all others pass over them, as if they had gone well. */
export const OPTIONAL_STATES = ['setting-aside'] as const satisfies readonly WorkingState[];
export type OptionalState = (typeof OPTIONAL_STATES)[number];

export interface Transition {
  readonly ok: State;
  readonly failed: State;
  /** Where whoever finds it as the last line of a run goes on. */
  readonly crashed: UndoState;
}
/**
 * Of a release that is taken away, which no table walks: there is no way back from it. `kept`: it could not be taken away,
 * and is whole.
 */
export const REMOVAL_STATES = ['removing', 'removed', 'kept'] as const;
export type RemovalState = (typeof REMOVAL_STATES)[number];
export type RemovalEnd = Exclude<RemovalState, 'removing'>;

/** Where each working state leads. */
export const TRANSITIONS: Readonly<Record<WorkingState, Transition>> = {
  planned: { ok: 'staging', failed: 'refused', crashed: 'tidying' },
  staging: { ok: 'verified', failed: 'refused', crashed: 'tidying' },
  verified: { ok: 'load-tested', failed: 'refused', crashed: 'tidying' },
  'load-tested': { ok: 'setting-aside', failed: 'refused', crashed: 'tidying' },
  'setting-aside': { ok: 'activating', failed: 'rolling-back', crashed: 'rolling-back' },
  activating: { ok: 'probing', failed: 'rolling-back', crashed: 'rolling-back' },
  probing: { ok: 'live', failed: 'rolling-back', crashed: 'rolling-back' },
  'rolling-back': { ok: 'rolled-back', failed: 'stuck', crashed: 'rolling-back' },
  tidying: { ok: 'failed', failed: 'stuck', crashed: 'tidying' },
};

export type ResumeAction = 'remove-partial' | 'roll-back' | 'nothing';

/** What is to be done about a run whose journal ends in a state: clean up, go back, or nothing. Follows from the table. */
export const RESUME: Readonly<Record<State, ResumeAction>> = {
  ...eachState(END_STATES, () => 'nothing'),
  ...eachState(WORKING_STATES, (state) =>
    TRANSITIONS[state].crashed === 'tidying' ? 'remove-partial' : 'roll-back',
  ),
};

/** Where a state leads, past the optional ones that this change does not go through. */
export function nextState(
  state: WorkingState,
  outcome: 'ok' | 'failed',
  { through = [] }: { readonly through?: readonly OptionalState[] } = {},
): State {
  let next = TRANSITIONS[state][outcome];
  while (isOptional(next) && !through.includes(next)) next = TRANSITIONS[next].ok;
  return next;
}

export function isEndState(state: State): state is EndState {
  return (END_STATES as readonly State[]).includes(state);
}

/** No interrupt may cut it short. */
export function isUndoState(state: State): state is UndoState {
  return state === 'rolling-back' || state === 'tidying';
}

/** Until here a failure or an interrupt leaves the target as it was. */
export function isBeforeActivation(state: State): boolean {
  return RESUME[state] === 'remove-partial';
}

function isOptional(state: State): state is OptionalState {
  return (OPTIONAL_STATES as readonly State[]).includes(state);
}

function eachState<S extends State>(
  states: readonly S[],
  actionOf: (state: S) => ResumeAction,
): Record<S, ResumeAction> {
  return Object.fromEntries(states.map((state) => [state, actionOf(state)])) as Record<S, ResumeAction>;
}
