/** What the signature of a release is worth under a policy: by which of its keys, over which files. */
import { TrustFailure } from './error.ts';
import { matchResources } from './match-resources.ts';
import type { Policy, PolicyKey } from './policy.ts';
import type { VerifiedSignature } from './types.ts';
import { verifySignature } from './signature-verify.ts';

export type SignatureFinding =
  | { readonly kind: 'none' }
  /** The policy does not look at signatures. */
  | { readonly kind: 'not-checked' }
  | { readonly kind: 'failed'; readonly failure: TrustFailure }
  | { readonly kind: 'verified'; readonly signature: VerifiedSignature; readonly key: PolicyKey };

export interface SignedContent {
  /** The envelope; null where there is none. */
  readonly signature: Uint8Array | null;
  /** Of every file but the signature, by its name in the bundle; null where they are not known yet. */
  readonly digests: ReadonlyMap<string, string> | null;
}

/** A key that was revoked counts as known here: who signed is told, then refused. */
export function checkSignature(
  { signatures, keys }: Pick<Policy, 'signatures' | 'keys'>,
  { signature: bytes, digests }: SignedContent,
): SignatureFinding {
  if (bytes === null) return { kind: 'none' };
  if (signatures === 'off') return { kind: 'not-checked' };
  try {
    const signature = verifySignature(bytes, { keys: keys.map(({ key }) => key) });
    if (digests !== null) matchResources(signature, digests);
    const key = keys.find((known) => known.key.id === signature.keyId);
    if (key === undefined) throw new Error('A signature was verified under a key that was not given.');
    return { kind: 'verified', signature, key };
  } catch (failure) {
    if (failure instanceof TrustFailure) return { kind: 'failed', failure };
    throw failure;
  }
}
