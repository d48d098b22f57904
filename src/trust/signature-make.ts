/** Signs a list of files: statement, DSSE, Sigstore bundle. */
import { sign } from 'node:crypto';
import { preAuthenticationEncoding } from './dsse.ts';
import { KEY_CURVES } from './key-curves.ts';
import { hintOf } from './key-parse.ts';
import { formatSigstoreBundle } from './sigstore-bundle.ts';
import { formatStatement } from './statement.ts';
import type { Resource, SigningKey } from './types.ts';

export interface SignOptions {
  readonly key: SigningKey;
  /** For people: the name of the folder that holds the files. */
  readonly subjectName?: string;
}

/** Compact JSON without padding. Throws `TRUST_RESOURCE_NAME_INVALID`, `TRUST_RESOURCES_UNSORTED`. */
export function signResources(
  resources: readonly Resource[],
  { key, subjectName = 'model' }: SignOptions,
): Uint8Array {
  const payload = formatStatement(resources, { subjectName });
  const { hash } = KEY_CURVES[key.curve];
  const signature = sign(hash, preAuthenticationEncoding(payload), {
    key: key.privateKey,
    dsaEncoding: 'der',
  });
  return formatSigstoreBundle({ hint: hintOf(key), payload, signature });
}

/**
 * The most bytes that {@link signResources} makes of files with these names, whatever the key: so that room can be kept for
 * it before the digests are known.
 */
export function maxSignatureBytes(
  names: readonly string[],
  { subjectName = 'model' }: { readonly subjectName?: string } = {},
): number {
  const resources = names.map((name) => ({ name, sha256: '0'.repeat(64) }));
  const payload = formatStatement(resources, { subjectName });
  const longest = Math.max(...Object.values(KEY_CURVES).map(({ maxSignatureBytes }) => maxSignatureBytes));
  return formatSigstoreBundle({ hint: '0'.repeat(64), payload, signature: new Uint8Array(longest) }).length;
}
