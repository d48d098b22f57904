/**
 * Walks one change to a target through the table of transitions: each state is in the journal before its step runs, so
 * that whoever comes after a crash knows how far it came.
 */
import {
  escapeText,
  Failure,
  messageOf,
  throwIfAborted,
  toTimestamp,
  type JsonObject,
} from '../core/index.ts';
import type { Clock, ProcessFacts } from '../system/index.ts';
import type { Shield } from './context.ts';
import { appendJournal, type RunLine } from './journal.ts';
import {
  isBeforeActivation,
  isEndState,
  isUndoState,
  nextState,
  type EndState,
  type OptionalState,
  type State,
  type WorkingState,
} from './machine.ts';
import { MAX_BECAUSE_LENGTH } from './limits.ts';
import type { Verdict } from './types.ts';

/** What stays the same over all lines of a transaction. */
export interface TransactionHead {
  readonly id: string;
  readonly kind: 'deploy' | 'rollback';
  readonly from: string | null;
  readonly to: string;
  readonly version: string;
  readonly bundleId: string;
  readonly artifactSha256: string;
  readonly who: ProcessFacts & { readonly user: string };
  readonly why: string | null;
}

/**
 * One executor a working state: a missing one does not compile. `tidying` removes what a refused attempt has written, and
 * runs before `refused` is entered, too.
 */
export type Steps = Readonly<Record<WorkingState, () => Promise<void>>>;

export interface TransactionOptions {
  readonly journalFile: string;
  readonly lastSeq: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** Where to begin: for a run that a crash left behind, where the table says that it goes on. */
  readonly start?: WorkingState;
  /** The optional states that this change goes through; asked anew as each state is left. */
  readonly through?: () => readonly OptionalState[];
  /** What a state's line carries beside its name; of a state that a failure led to, why is added. */
  readonly factsAt: (state: State) => JsonObject;
  readonly verdictsAt: (state: State) => Readonly<Record<string, Verdict>>;
  readonly onState?: (state: State) => void;
  readonly shield?: Shield | undefined;
}

export interface TransactionEnd {
  readonly state: EndState;
  /** What went wrong, first cause first; empty if it ended live. */
  readonly failures: readonly unknown[];
  /** Lines that could not be written on the way back, which does not stop going back. */
  readonly lostLines: readonly unknown[];
}

/** Throws only if the first line cannot be written: then nothing was entered. */
export async function runTransaction(
  head: TransactionHead,
  steps: Steps,
  options: TransactionOptions,
): Promise<TransactionEnd> {
  const { start = 'planned', through = () => [], signal, onState, shield = unshielded } = options;
  const failures: unknown[] = [];
  const lostLines: unknown[] = [];
  const enter = journalWriter(head, options);
  let state: State = start;
  await enter(state);
  while (!isEndState(state)) {
    onState?.(state);
    const current: WorkingState = state;
    const next = (outcome: 'ok' | 'failed'): State => nextState(current, outcome, { through: through() });
    // An impatient second Ctrl-C must not stop the way back.
    const isUndoing = isUndoState(state);
    try {
      if (!isUndoing) throwIfAborted(signal);
      if (isBeforeActivation(state)) await steps[state]();
      else await shield(steps[state]);
      // The same before the point of no return: an interrupt during the step counts.
      if (!isUndoing) throwIfAborted(signal);
      const ok = next('ok');
      if (isUndoing) await enter(ok).catch((error: unknown) => lostLines.push(error));
      else await enter(ok);
      state = ok;
    } catch (error) {
      failures.push(error);
      const failed = next('failed');
      if (failed === 'refused') await steps.tidying().catch((left: unknown) => failures.push(left));
      await enter(failed, error).catch((lost: unknown) => lostLines.push(lost));
      state = failed;
    }
  }
  onState?.(state);
  return { state, failures, lostLines };
}

const unshielded: Shield = (work) => work();

function journalWriter(
  head: TransactionHead,
  options: TransactionOptions,
): (state: State, failure?: unknown) => Promise<void> {
  let seq = options.lastSeq;
  return async (state, failure) => {
    const line = toLine(head, { seq: seq + 1, state, at: options.clock.now() });
    const facts = {
      ...options.factsAt(state),
      ...(failure !== undefined && { because: toBecause(failure) }),
    };
    const verdicts = options.verdictsAt(state);
    await appendJournal(options.journalFile, { ...line, facts, verdicts });
    seq += 1;
  };
}

/** Why a run did not get further, for whoever looks at the target later. */
function toBecause(failure: unknown): JsonObject {
  const code = failure instanceof Failure ? failure.code : null;
  return { code, message: escapeText(messageOf(failure), MAX_BECAUSE_LENGTH) };
}

/** A line of a transaction, with nothing found and no verdict. */
export function toLine(
  head: TransactionHead,
  { seq, state, at }: { readonly seq: number; readonly state: State; readonly at: Date },
): RunLine {
  return {
    seq,
    transaction: head.id,
    kind: head.kind,
    state,
    at: toTimestamp(at),
    from: head.from,
    to: head.to,
    version: head.version,
    bundle_id: head.bundleId,
    artifact_sha256: head.artifactSha256,
    who: head.who,
    why: head.why,
    facts: {},
    verdicts: {},
  };
}
