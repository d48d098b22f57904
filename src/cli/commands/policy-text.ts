/** What is said of policies and of who vouches for a release: never more than was checked. */
import type { JsonObject } from '../../core/index.ts';
import type { KnownTrust, LiveRelease, TargetTrust } from '../../deploy/index.ts';
import type { FoundPolicy, Policy, PolicyKey } from '../../trust/index.ts';
import { plural } from '../numbers.ts';
import { shown, type Fact, type TextStyle } from '../text-style.ts';

/** The line of `milton status`, and why runs are refused where they are. */
export function policyFacts(
  { state, found, failure }: TargetTrust,
  { colors }: TextStyle,
  target: string,
): readonly Fact[] {
  const facts: Fact[] = [];
  if (found !== null) facts.push(['policy', `${shown(found.path)}\n${describePolicy(found.policy)}`]);
  else if (state === 'none') facts.push(['policy', 'none: signatures are shown, not required']);
  if (state === 'new') facts.push(['', 'nothing went live under it yet']);
  if (failure !== null) {
    facts.push(['refused', `${colors.red(`${failure.code}: ${shown(failure.message)}`)}\n${failure.hint}`]);
  }
  if (state === 'unusable') facts.push(['', `look at it with: milton policy show --target-path ${target}`]);
  return facts;
}

export function describePolicy({ signatures, keys }: Policy): string {
  const believed = keys.filter(({ revoked }) => revoked === null).length;
  const revoked = keys.length - believed;
  const list = `${plural(believed, 'key')}${revoked === 0 ? '' : `, ${revoked} revoked`}`;
  switch (signatures) {
    case 'off':
      return 'signatures are not looked at';
    case 'warn':
      return `signatures are looked at and not required, ${list}`;
    case 'require':
      return `signatures are required, ${list}`;
  }
}

/** Who vouched for what is live, when it went live. */
export function describeSigned({ known, hasSignature }: LiveRelease): string {
  const trust = known?.trust ?? null;
  if (trust !== null)
    return `by the key ${trust.keyId.slice(0, 16)}…, checked when it went live${describeRelease(trust)}`;
  return hasSignature ? 'signed, not checked when it went live' : 'none';
}

/** What a deployment says of it at its end; null without a policy. */
export function describeTrust(trust: JsonObject | null): string | null {
  if (trust === null) return null;
  const { key_id: keyId, line, counter, signatures, downgrade, returning } = trust;
  if (returning === true) return 'as when it was live here before';
  if (typeof keyId !== 'string') {
    return signatures === 'off' ? 'not looked at, as the policy says' : 'none that the policy believes';
  }
  const release =
    typeof line === 'string' && typeof counter === 'number' ? `, release ${counter} of ${shown(line)}` : '';
  return `holds under the key ${keyId.slice(0, 16)}…${release}${downgrade === null ? '' : ', older than one that was here'}`;
}

export function trustJson({ state, found, failure, memory }: TargetTrust): JsonObject {
  return {
    policy: {
      state,
      ...(found === null ? { path: null, sha256: null, signatures: null } : foundJson(found)),
      remembered_sha256: memory.policySha256,
      error: failure === null ? null : { ...failure.toReport(), exit_code: failure.exitCode },
    },
    counters: [...memory.counters].map(([line, taken]) => ({ line, highest: Math.max(...taken.keys()) })),
  };
}

export function knownTrustJson(trust: KnownTrust | null): JsonObject | null {
  if (trust === null) return null;
  const { keyId, subjectSha256, line, counter } = trust;
  return { key_id: keyId, subject_sha256: subjectSha256, line, counter };
}

export function foundJson({ path, place, sha256, policy }: FoundPolicy): JsonObject {
  return {
    path,
    place,
    sha256,
    signatures: policy.signatures,
    keys: policy.keys.map(keyJson),
    artifact_types: policy.artifactTypes,
    architectures: policy.architectures,
    max_size_bytes: policy.maxSizeBytes,
    evidence: policy.evidence,
    clock: policy.trustsClock ? 'trusted' : 'untrusted',
    allow: {
      skip_load_test: policy.allow.skipLoadTest,
      downgrade: policy.allow.downgrade,
      unsafe_files: policy.allow.unsafeFiles,
      python_bundles: policy.allow.pythonBundles,
    },
  };
}

function keyJson({ key, name, lines, minCounter, maxCounter, revoked }: PolicyKey): JsonObject {
  return {
    id: key.id,
    curve: key.curve,
    name,
    lines,
    min_counter: minCounter,
    max_counter: maxCounter,
    revoked,
  };
}

function describeRelease({ line, counter }: KnownTrust): string {
  return line === null || counter === null ? '' : `\nrelease ${counter} of ${shown(line)}`;
}
