/**
 * What the journal of a target remembers of trust: the policy that it was last changed under, the counters that it took, and
 * who vouched for each release. Pure.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import {
  NO_COUNTERS,
  rememberCounter,
  type AcceptedCounters,
  type FoundPolicy,
  type VouchedRelease,
} from '../trust/index.ts';
import type { JournalLine } from './journal.ts';

export interface TrustMemory {
  /** Hex SHA-256 of the policy; null where none was ever followed here, or where a person accepted that there is none. */
  readonly policySha256: string | null;
  /** Where it lay; null as above. */
  readonly policyPath: string | null;
  readonly counters: AcceptedCounters;
}

export const NO_TRUST_MEMORY: TrustMemory = { policySha256: null, policyPath: null, counters: NO_COUNTERS };

/** Who vouched for a release when it went live here. */
export type KnownTrust = Pick<VouchedRelease, 'keyId' | 'subjectSha256' | 'line' | 'counter'>;

/** What the `activating` line of a run says: under which policy, by whose word. */
export interface TrustStatement {
  readonly found: FoundPolicy;
  readonly vouched: KnownTrust | null;
  /** The lower counter that somebody let pass. */
  readonly downgrade: { readonly from: number; readonly reason: string } | null;
  /** A release goes live that was here before: nothing new is taken. */
  readonly isReturning: boolean;
}

export function toTrustFacts({ found, vouched, downgrade, isReturning }: TrustStatement): JsonObject {
  return {
    policy_sha256: found.sha256,
    policy_path: found.path,
    signatures: found.policy.signatures,
    key_id: vouched?.keyId ?? null,
    subject_sha256: vouched?.subjectSha256 ?? null,
    line: vouched?.line ?? null,
    counter: vouched?.counter ?? null,
    downgrade: downgrade === null ? null : { ...downgrade },
    returning: isReturning,
  };
}

/** With what one more line makes known. */
export function rememberTrust(memory: TrustMemory, line: JournalLine): TrustMemory {
  if (line.kind === 'policy') return { ...memory, ...readPolicy(line.facts) };
  const facts = factsOf(line);
  if (facts === null) return memory;
  const policy = readPolicy(facts);
  const trust = readKnownTrust(line);
  // What goes live again was counted when it first did.
  if (trust === null || facts['returning'] === true) return { ...memory, ...policy };
  const { line: name, counter, subjectSha256, keyId } = trust;
  if (name === null || counter === null) return { ...memory, ...policy };
  const counters = rememberCounter(memory.counters, { line: name, counter, subjectSha256, keyId });
  return { ...memory, ...policy, counters };
}

/** Null where the line says nothing of it, or where nobody vouched. */
export function readKnownTrust(line: JournalLine): KnownTrust | null {
  const facts = factsOf(line);
  if (facts === null) return null;
  const { key_id: keyId, subject_sha256: subjectSha256, line: name, counter } = facts;
  if (typeof keyId !== 'string' || typeof subjectSha256 !== 'string') return null;
  return {
    keyId,
    subjectSha256,
    line: typeof name === 'string' ? name : null,
    counter: typeof counter === 'number' && Number.isSafeInteger(counter) ? counter : null,
  };
}

function factsOf(line: JournalLine): JsonObject | null {
  if (line.kind === 'prune' || line.kind === 'policy' || line.state !== 'activating') return null;
  const trust: JsonValue | undefined = line.facts['trust'];
  return trust !== undefined && isJsonObject(trust) ? trust : null;
}

function readPolicy(facts: JsonObject): Pick<TrustMemory, 'policySha256' | 'policyPath'> {
  const { policy_sha256: sha256, policy_path: path } = facts;
  return {
    policySha256: typeof sha256 === 'string' ? sha256 : null,
    policyPath: typeof path === 'string' ? path : null,
  };
}
