/** The policy of a target and what its journal remembers of it, told and not thrown: for reports. Changes nothing. */
import { Failure } from '../core/index.ts';
import { findPolicy, TrustFailure, type FoundPolicy } from '../trust/index.ts';
import { readJournal } from './journal.ts';
import { bindPolicy, policyPlaces, type PolicyContext } from './target-policy.ts';
import { viewJournal } from './target-view.ts';
import type { TrustMemory } from './trust-memory.ts';

/**
 * `none`: no policy, and none was ever followed · `new`: nothing was done under it yet · `kept`: the one that the target was
 * last changed under · `changed`, `gone`: every run is refused until a person accepts · `unusable`: it cannot be followed.
 */
export type PolicyState = 'none' | 'new' | 'kept' | 'changed' | 'gone' | 'unusable';

export interface TargetTrust {
  readonly state: PolicyState;
  /** Null where there is none, or none that can be followed. */
  readonly found: FoundPolicy | null;
  /** Why runs are refused; null where they are not. */
  readonly failure: Failure | null;
  readonly memory: TrustMemory;
}

/** Throws `DEPLOY_JOURNAL_DAMAGED`, `SYSTEM_*` where the journal cannot be read. */
export async function readTargetTrust(context: PolicyContext): Promise<TargetTrust> {
  const { trust: memory } = viewJournal(await readJournal(context.layout.journalFile));
  let found: FoundPolicy | null = null;
  try {
    found = await findPolicy(policyPlaces(context));
    await bindPolicy(context, { trust: memory });
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    const isForgotten = failure instanceof TrustFailure && failure.code === 'TRUST_POLICY_MISSING';
    const state = isForgotten ? (found === null ? 'gone' : 'changed') : 'unusable';
    return { state, found, failure, memory };
  }
  const state = found === null ? 'none' : memory.policySha256 === null ? 'new' : 'kept';
  return { state, found, failure: null, memory };
}
