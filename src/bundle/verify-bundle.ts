/** Reads a bundle to its last byte and says whether it is exactly what it claims to be; writes nothing. */
import type { ByteSource } from '../core/index.ts';
import { assertDigests } from './assert-digests.ts';
import { examineBundle } from './examine.ts';
import { openBundleEntries } from './open-entries.ts';
import type { VerifiedBundle, WorkOptions } from './types.ts';

/** Throws a `BUNDLE_*` failure for any bundle that is not sound, `CORE_INTERRUPTED`, and what the source throws. */
export async function verifyBundle(
  source: ByteSource,
  { onProgress, signal }: WorkOptions = {},
): Promise<VerifiedBundle> {
  const entries = await openBundleEntries(source, { signal });
  const examined = await examineBundle(entries, { step: 'verify', onProgress });
  const { metadata, mismatches, artifactSha256, digests, fileCount, totalSizeBytes } = examined;
  assertDigests(mismatches);
  return { metadata, artifactSha256, digests, fileCount, totalSizeBytes };
}
