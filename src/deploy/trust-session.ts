/** Judges what is to go live by the policy of a target, as often as more of it is known; the last judgement is of the bytes staged. */
import { escapeText, type ArtifactType, type JsonObject, type Warning } from '../core/index.ts';
import { checkSignature, judgeRelease, type FoundPolicy, type StatedRelease } from '../trust/index.ts';
import type { DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import { assertMayReturn, bindPolicy } from './target-policy.ts';
import type { KnownRelease, TargetView } from './target-view.ts';
import { toTrustFacts } from './trust-memory.ts';

/** What a release says of itself, and what is known of its bytes. */
export interface TrustClaims {
  readonly origin: 'bundle' | 'artifact' | 'release';
  /** Null for what is no bundle. */
  readonly format: 1 | 2 | null;
  /** The envelope; null where there is none. */
  readonly signature: Uint8Array | null;
  /** Of every file but the signature; null where they are not known yet. */
  readonly digests: ReadonlyMap<string, string> | null;
  readonly stated: StatedRelease | null;
  readonly artifactType: ArtifactType;
  readonly architecture: string | null;
  readonly sizeBytes: number;
  /** Null where it is not known yet. */
  readonly evidence: string | null;
  readonly hasUnsafeFiles: boolean;
}

export interface JudgedTrust {
  /** For the journal and the report; null without a policy. */
  readonly facts: JsonObject | null;
  /** Hex SHA-256 of what somebody vouches for; null where nobody does, or did when it was here before. */
  readonly vouchedSubject: string | null;
  readonly warnings: readonly Warning[];
}

export interface TrustSession {
  readonly found: FoundPolicy | null;
  /** Throws `TRUST_*`. */
  judge(claims: TrustClaims): JudgedTrust;
}

export type TrustOptions = Pick<
  DeployOptions,
  'skipChecksum' | 'skipLoadTest' | 'allowUnsafeFiles' | 'allowDowngrade' | 'restores'
>;

/** Throws `TRUST_POLICY_*`, `SYSTEM_FILE_*`. */
export async function openTrust(
  options: TrustOptions,
  view: TargetView,
  context: Pick<DeployContext, 'layout' | 'state' | 'systemPolicyFile' | 'clock'>,
): Promise<TrustSession> {
  const found = await bindPolicy(context, view);
  return {
    found,
    judge(claims) {
      const unchecked = uncheckedWarnings(found, claims);
      if (found === null) return { facts: null, vouchedSubject: null, warnings: unchecked };
      const judged = judge(found, claims, { options, view, now: context.clock.now() });
      return { ...judged, warnings: [...unchecked, ...judged.warnings] };
    },
  };
}

function judge(
  found: FoundPolicy,
  claims: TrustClaims,
  { options, view, now }: { readonly options: TrustOptions; readonly view: TargetView; readonly now: Date },
): JudgedTrust {
  const { restores, allowDowngrade, skipChecksum, skipLoadTest, allowUnsafeFiles } = options;
  const isReturning = restores !== null && isSame(claims, restores);
  const verdict = judgeRelease(
    found.policy,
    { ...claims, signature: checkSignature(found.policy, claims) },
    {
      accepted: view.trust.counters,
      forced: {
        skipChecksum,
        skipLoadTest,
        // What was taken with them once is not forced anew.
        unsafeFiles: claims.hasUnsafeFiles && allowUnsafeFiles && !isReturning,
        downgrade: allowDowngrade,
      },
      now,
      isReturning,
    },
  );
  const warnings = [...verdict.warnings, ...(isReturning ? assertMayReturn(found, restores) : [])];
  const vouched = isReturning ? restores.trust : verdict.vouched;
  const from = verdict.vouched?.downgradedFrom ?? null;
  const downgrade =
    isReturning || from === null ? null : { from, reason: escapeText(allowDowngrade ?? '', 400) };
  const facts = toTrustFacts({ found, vouched, downgrade, isReturning });
  return { facts, vouchedSubject: verdict.vouched?.subjectSha256 ?? null, warnings };
}

/** The list of digests that the journal remembers stands for every file; a release on the target is held against it as it is read. */
function isSame({ origin, digests }: TrustClaims, { sumsSha256 }: KnownRelease): boolean {
  if (origin === 'release' || digests === null) return true;
  return sumsSha256 !== null && digests.get('SHA256SUMS') === sumsSha256;
}

function uncheckedWarnings(found: FoundPolicy | null, { signature }: TrustClaims): readonly Warning[] {
  if (signature === null || (found !== null && found.policy.signatures !== 'off')) return [];
  const why =
    found === null ? 'no policy says whose signatures count' : 'the policy does not look at signatures';
  return [
    {
      code: 'BUNDLE_SIGNATURE_NOT_CHECKED',
      message: `The bundle is signed; the signature was not checked, since ${why}.`,
    },
  ];
}
