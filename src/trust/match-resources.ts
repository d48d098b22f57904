/** Whether the files at hand are the files that were signed: all of them, no other, each with its digest. Pure. */
import { escapeText } from '../core/index.ts';
import { TrustFailure } from './error.ts';
import type { VerifiedSignature } from './types.ts';

/**
 * `files`: name → lower-case hex SHA-256 of the bytes that came, of every file but the signature itself. Throws
 * `TRUST_RESOURCE_MISSING`, `TRUST_FILE_UNSIGNED`, `TRUST_DIGEST_MISMATCH`.
 */
export function matchResources(
  { resources }: Pick<VerifiedSignature, 'resources'>,
  files: ReadonlyMap<string, string>,
): void {
  for (const name of files.keys()) {
    if (resources.has(name)) continue;
    throw new TrustFailure('TRUST_FILE_UNSIGNED', `${escapeText(name)} is not covered by the signature.`, {
      details: { expected: 'only files that were signed', received: escapeText(name) },
    });
  }
  for (const [name, expected] of resources) {
    const received = files.get(name);
    if (received === undefined) {
      throw new TrustFailure('TRUST_RESOURCE_MISSING', `${escapeText(name)} was signed and is not there.`, {
        details: { expected: escapeText(name), received: 'no such file' },
      });
    }
    if (received !== expected) {
      throw new TrustFailure(
        'TRUST_DIGEST_MISMATCH',
        `${escapeText(name)} is not the file that was signed.`,
        {
          details: { path: escapeText(name), expected: `sha256:${expected}`, received: `sha256:${received}` },
        },
      );
    }
  }
}
