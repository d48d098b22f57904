/** What becomes of a bundle some of whose bytes are not those that SHA256SUMS promises. */
import { BundleFailure } from './error.ts';
import type { DigestMismatch } from './types.ts';

/** Throws `BUNDLE_DIGEST_MISMATCH` with the first of them. */
export function assertDigests(mismatches: readonly DigestMismatch[]): void {
  const [first] = mismatches;
  if (first === undefined) return;
  const others = mismatches.length === 1 ? '' : `, and ${mismatches.length - 1} more files do not either`;
  throw new BundleFailure('BUNDLE_DIGEST_MISMATCH', `${first.path} does not match SHA256SUMS${others}.`, {
    details: { path: first.path, expected: `sha256:${first.expected}`, received: `sha256:${first.received}` },
  });
}
