/**
 * A person says that another policy binds a target from now on, or none: one line in its journal. Nothing else makes a target
 * follow another policy than the one that it was last changed under.
 */
import { toStamp, toTimestamp } from '../core/index.ts';
import { findPolicy, TrustFailure, type FoundPolicy } from '../trust/index.ts';
import { readWho, withTargetLock, type DeployContext } from './context.ts';
import { appendJournal, readJournal, type JournalLine, type PolicyLine } from './journal.ts';
import { surveyTarget } from './survey-target.ts';
import { policyPlaces } from './target-policy.ts';
import { viewJournal } from './target-view.ts';
import { assertUsableTarget } from './usable-target.ts';

export interface AcceptPolicyOptions {
  /** That there is no policy any more, which has to be said; else the one that is found. */
  readonly none: boolean;
  readonly why: string | null;
  readonly allowNetworkFs: boolean;
}

export interface AcceptedPolicy {
  readonly targetPath: string;
  readonly found: FoundPolicy | null;
  /** Hex SHA-256 of the policy before; null where none was followed. */
  readonly before: string | null;
  /** False where it binds already: nothing was written. */
  readonly isChanged: boolean;
}

/** Throws `TRUST_POLICY_MISSING` where there is none and that was not said, `TRUST_POLICY_*`, `TARGET_*`, `SYSTEM_*`. */
export async function acceptPolicy(
  { none, why, allowNetworkFs }: AcceptPolicyOptions,
  context: DeployContext,
): Promise<AcceptedPolicy> {
  const { layout, clock } = context;
  const { targetPath } = layout;
  // Refused here, not even a lock is written.
  const facts = await surveyTarget(layout);
  assertUsableTarget(facts, { allowNetworkFs });
  const found = await findPolicy(policyPlaces(context));
  if (found === null && !none) throw missing(targetPath);
  if (found !== null && none) throw stillThere(targetPath, found);
  const wanted = found?.sha256 ?? null;
  const isKnown = (before: string | null): boolean => before === wanted || before === null;
  if (isKnown(facts.view.trust.policySha256)) {
    return { targetPath, found, before: facts.view.trust.policySha256, isChanged: false };
  }
  return withTargetLock(context, 'policy accept', async () => {
    const lines = await readJournal(layout.journalFile);
    const view = viewJournal(lines);
    const before = view.trust.policySha256;
    const last = lines.at(-1);
    if (isKnown(before) || last === undefined) return { targetPath, found, before, isChanged: false };
    const at = clock.now();
    const line: PolicyLine = {
      seq: view.lastSeq + 1,
      transaction: freeName(at, lines),
      kind: 'policy',
      state: 'accepted',
      at: toTimestamp(at),
      // It is about no release; those that the line before names stand here, since every line names some.
      from: last.from,
      to: last.to,
      version: last.version,
      bundle_id: last.bundle_id,
      artifact_sha256: last.artifact_sha256,
      who: await readWho(),
      why,
      facts: { policy_sha256: wanted, policy_path: found?.path ?? null, before },
      verdicts: {},
    };
    await appendJournal(layout.journalFile, line);
    return { targetPath, found, before, isChanged: true };
  });
}

/** The clocks of small machines repeat themselves. */
function freeName(at: Date, lines: readonly JournalLine[]): string {
  for (let laterMs = 0; ; laterMs += 1) {
    const date = new Date(at.getTime() + laterMs);
    const id = `policy_${toStamp(date)}_${String(date.getUTCMilliseconds()).padStart(3, '0')}`;
    if (!lines.some(({ transaction }) => transaction === id)) return id;
  }
}

function missing(targetPath: string): TrustFailure {
  return new TrustFailure(
    'TRUST_POLICY_MISSING',
    `There is no policy for ${targetPath} that could be accepted.`,
    {
      details: { target_path: targetPath, expected: 'a policy', received: 'none at any of its places' },
      hint: 'Put it back, or say that there is none any more, with the reason: milton policy accept --none REASON',
    },
  );
}

function stillThere(targetPath: string, { path }: FoundPolicy): TrustFailure {
  return new TrustFailure('TRUST_POLICY_EXISTS', `There is a policy for ${targetPath}: ${path}.`, {
    details: { target_path: targetPath, expected: 'no policy', received: path },
    hint: 'Accept it as it is, without --none, or remove the file first: milton policy accept',
  });
}
