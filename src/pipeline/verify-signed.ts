/** Verifies a bundle to its last byte, and its signature under the keys that were named: nothing but them decides. */
import { inspectBundle, verifyBundle, type VerifiedBundle } from '../bundle/index.ts';
import type { ByteSource, OnProgress } from '../core/index.ts';
import {
  matchResources,
  TrustFailure,
  verifySignature,
  type TrustedKey,
  type VerifiedSignature,
} from '../trust/index.ts';

export interface VerifySignedOptions {
  readonly keys: readonly TrustedKey[];
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export interface VerifiedSigned {
  readonly bundle: VerifiedBundle;
  readonly signature: VerifiedSignature;
}

/**
 * A signature that does not hold is refused before the weights are read. What counts is judged on the bytes of the one pass
 * over the bundle. Throws `TRUST_*`, `BUNDLE_*`, `CORE_INTERRUPTED`.
 */
export async function verifySignedBundle(
  source: ByteSource,
  options: VerifySignedOptions,
): Promise<VerifiedSigned> {
  const { keys, onProgress, signal } = options;
  const { format, signature: early } = await inspectBundle(source, { signal });
  // A bundle of the Python tool may bring its signature last.
  if (format === 2) verifySignature(required(early, source), { keys });
  const bundle = await verifyBundle(source, { onProgress, signal });
  const signature = verifySignature(required(bundle.metadata.signature, source), { keys });
  matchResources(signature, bundle.digests);
  return { bundle, signature };
}

function required(signature: Uint8Array | null, { name }: ByteSource): Uint8Array {
  if (signature !== null) return signature;
  throw new TrustFailure('TRUST_SIGNATURE_MISSING', `${name} is not signed.`, {
    details: { expected: 'a signature by a key that was named', received: 'none' },
  });
}
