/** Writes a new policy where it will be looked for; never over one that is there, and never one that could not be followed. */
import { dirname } from 'node:path';
import { makeDirectory, SystemFailure, writeFileAtomic } from '../system/index.ts';
import {
  formatPolicy,
  parsePolicy,
  policyPaths,
  TrustFailure,
  type NewPolicy,
  type PolicyPlace,
} from '../trust/index.ts';
import { makeControlFolder } from './release-folder.ts';
import { prepareDefaultTarget, surveyAhead } from './survey-target.ts';
import { policyPlaces, type PolicyContext } from './target-policy.ts';
import { readTargetTrust, type TargetTrust } from './target-trust.ts';
import { assertUsableTarget } from './usable-target.ts';

export interface CreatePolicyOptions {
  readonly place: PolicyPlace;
  readonly policy: NewPolicy;
  readonly allowNetworkFs: boolean;
}

export interface CreatedPolicy {
  readonly path: string;
  /** Which one binds the target now: another one may come first. */
  readonly trust: TargetTrust;
}

/** Throws `TRUST_POLICY_EXISTS`, `TRUST_POLICY_INVALID`, `TARGET_*` where it belongs to a target, `SYSTEM_*`. */
export async function createPolicy(
  { place, policy, allowNetworkFs }: CreatePolicyOptions,
  context: PolicyContext,
): Promise<CreatedPolicy> {
  const path = policyPaths(policyPlaces(context))[place];
  const text = formatPolicy(policy);
  await parsePolicy(new TextEncoder().encode(text), { name: 'the new policy' });
  if (place === 'target') {
    const { layout } = context;
    assertUsableTarget(await surveyAhead(layout), { allowNetworkFs, adopt: true });
    await prepareDefaultTarget(layout);
    await makeControlFolder(layout);
  } else {
    await makeDirectory(dirname(path));
  }
  try {
    await writeFileAtomic(path, text, { mode: 0o644, exclusive: true });
  } catch (error) {
    if (!(error instanceof SystemFailure) || error.code !== 'SYSTEM_FILE_EXISTS') throw error;
    throw new TrustFailure('TRUST_POLICY_EXISTS', `There is a policy already: ${path}.`, {
      details: { path, expected: 'nothing at that path', received: 'a file' },
      cause: error,
    });
  }
  return { path, trust: await readTargetTrust(context) };
}
