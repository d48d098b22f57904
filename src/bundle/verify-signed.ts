/**
 * Verifies a bundle to its last byte, its signature under the keys that were named, and whether a policy would take it: nothing
 * but keys and policy decides, never the bundle.
 */
import type { ByteSource, OnProgress, Warning } from '../core/index.ts';
import {
  checkSignature,
  judgeRelease,
  matchResources,
  NO_COUNTERS,
  TrustFailure,
  verifySignature,
  type Policy,
  type TrustedKey,
  type VerifiedSignature,
} from '../trust/index.ts';
import { inspectBundle } from './inspect-bundle.ts';
import type { BundleMetadata, VerifiedBundle } from './types.ts';
import { verifyBundle } from './verify-bundle.ts';

export interface VerifySignedOptions {
  /** Where there are any, the bundle must be signed by one of them. */
  readonly keys: readonly TrustedKey[];
  /** Must take the bundle, but for what a target remembers; null where none is asked. */
  readonly policy: Policy | null;
  readonly now: Date;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface VerifiedSigned {
  readonly bundle: VerifiedBundle;
  /** Null where it bears none that was asked for, and the policy does not want one. */
  readonly signature: VerifiedSignature | null;
  readonly warnings: readonly Warning[];
}

/**
 * A signature that does not hold is refused before the weights are read, even where the policy would only warn. What counts is
 * judged on the bytes of the one pass over the bundle. Throws `TRUST_*`, `BUNDLE_*`, `CORE_INTERRUPTED`.
 */
export async function verifySignedBundle(
  source: ByteSource,
  options: VerifySignedOptions,
): Promise<VerifiedSigned> {
  const { onProgress, signal } = options;
  const early = await inspectBundle(source, { signal });
  // A bundle of the Python tool may bring its signature last.
  if (early.format === 2) judge(early, { ...options, name: source.name, digests: null });
  const bundle = await verifyBundle(source, { onProgress, signal });
  return { bundle, ...judge(bundle.metadata, { ...options, name: source.name, digests: bundle.digests }) };
}

interface Judging extends Pick<VerifySignedOptions, 'keys' | 'policy' | 'now'> {
  readonly name: string;
  /** Null before the files were read. */
  readonly digests: ReadonlyMap<string, string> | null;
}

function judge(metadata: BundleMetadata, judging: Judging): Omit<VerifiedSigned, 'bundle'> {
  const named = judging.keys.length === 0 ? null : holdUnderKeys(metadata, judging);
  if (judging.policy === null) return { signature: named, warnings: [] };
  const { signature, warnings } = holdUnderPolicy(metadata, judging, judging.policy);
  return { signature: named ?? signature, warnings };
}

function holdUnderKeys(
  { signature: bytes }: BundleMetadata,
  { name, keys, digests }: Judging,
): VerifiedSignature {
  if (bytes === null) {
    throw new TrustFailure('TRUST_SIGNATURE_MISSING', `${name} is not signed.`, {
      details: { expected: 'a signature by a key that was named', received: 'none' },
    });
  }
  const signature = verifySignature(bytes, { keys });
  if (digests !== null) matchResources(signature, digests);
  return signature;
}

function holdUnderPolicy(
  { format, edge, manifest, signature: bytes }: BundleMetadata,
  { digests, now }: Judging,
  policy: Policy,
): Omit<VerifiedSigned, 'bundle'> {
  const signature = checkSignature(policy, { signature: bytes, digests });
  if (signature.kind === 'failed') throw signature.failure;
  const { warnings } = judgeRelease(
    policy,
    {
      signature,
      stated: edge?.release ?? null,
      format,
      artifactType: manifest.artifact_type,
      architecture: edge?.artifact.architecture ?? null,
      sizeBytes: manifest.total_size_bytes,
      evidence: edge?.evidence.kind ?? 'unbound',
    },
    {
      // Which releases were taken before is a target's to know.
      accepted: NO_COUNTERS,
      forced: { skipChecksum: false, skipLoadTest: false, unsafeFiles: false, downgrade: null },
      now,
    },
  );
  return { signature: signature.kind === 'verified' ? signature.signature : null, warnings };
}
