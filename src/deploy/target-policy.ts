/** The policy that binds a target, held against the one that it was last changed under: gone or changed, nothing goes on. */
import { quoteWord, type Warning } from '../core/index.ts';
import { findPolicy, revokedKey, TrustFailure, type FoundPolicy, type PolicyPlaces } from '../trust/index.ts';
import type { DeployContext } from './context.ts';
import type { KnownRelease, TargetView } from './target-view.ts';

export type PolicyContext = Pick<DeployContext, 'layout' | 'state' | 'systemPolicyFile'>;

/** Where the policy of a target is looked for. */
export function policyPlaces({ layout, state, systemPolicyFile }: PolicyContext): PolicyPlaces {
  return { targetState: layout.controlDir, stateDirectory: state.path, systemFile: systemPolicyFile };
}

/** Null where there is none, and never was. Throws `TRUST_POLICY_*`, `SYSTEM_FILE_*`. */
export async function bindPolicy(
  context: PolicyContext,
  { trust }: Pick<TargetView, 'trust'>,
): Promise<FoundPolicy | null> {
  const found = await findPolicy(policyPlaces(context));
  if (trust.policySha256 === null || found?.sha256 === trust.policySha256) return found;
  const { targetPath } = context.layout;
  const { policyPath } = trust;
  const before = policyPath === null || policyPath === found?.path ? '' : ` (${policyPath})`;
  const what = describeChange(found, policyPath);
  const target = `--target-path ${quoteWord(targetPath)}`;
  throw new TrustFailure(
    'TRUST_POLICY_MISSING',
    `The policy that ${targetPath} was last changed under${before} ${what}.`,
    {
      details: {
        target_path: targetPath,
        expected: `the policy sha256:${trust.policySha256}`,
        received: found === null ? 'no policy' : `sha256:${found.sha256}`,
      },
      hint:
        found === null
          ? `Put it back, or say that there is none any more, with the reason: milton policy accept ${target} --none REASON`
          : `Look at it (milton policy show ${target}), then: milton policy accept ${target}`,
    },
  );
}

function describeChange(found: FoundPolicy | null, before: string | null): string {
  if (found === null) return 'is gone';
  return found.path === before ? `was changed: ${found.path}` : `is another one now: ${found.path}`;
}

/**
 * What may go live again because it was live here: anything but what a revoked key vouched for. Throws `TRUST_KEY_REVOKED`.
 */
export function assertMayReturn(
  found: FoundPolicy | null,
  { id, trust }: Pick<KnownRelease, 'id' | 'trust'>,
): readonly Warning[] {
  if (found === null || found.policy.signatures === 'off') return [];
  const { signatures, keys } = found.policy;
  const key = keys.find((one) => one.key.id === trust?.keyId) ?? null;
  if (key !== null && key.revoked !== null) {
    const failure = revokedKey(key.key.id, key.revoked);
    if (signatures === 'require') throw failure;
    const message = `A policy that requires signatures would refuse this release (${failure.code}): ${failure.message}`;
    return [{ code: 'TRUST_WOULD_REFUSE', message }];
  }
  if (key !== null || signatures !== 'require') return [];
  const who =
    trust === null ? 'nobody' : `the key ${trust.keyId.slice(0, 12)}, which the policy does not list,`;
  const message = `${id} was live here before; ${who} vouched for it then.`;
  return [{ code: 'TRUST_RETURN_UNSIGNED', message }];
}
