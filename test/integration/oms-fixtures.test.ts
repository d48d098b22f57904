/**
 * The public fixtures of the reference implementation of OpenSSF Model Signing, verified with our verifier. They are not part of
 * this project: MILTON_OMS_FIXTURES names the folder `scripts/tests` of a checkout of sigstore/model-transparency.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { matchResources, parsePublicKey, verifySignature } from '../../src/trust/index.ts';

const root = process.env['MILTON_OMS_FIXTURES'] ?? '';
const fixtures =
  root === '' ? [] : readdirSync(root).filter((name) => /^v.*-(?:elliptic-key|certificate)$/.test(name));
const keyed = fixtures.filter((name) => name.endsWith('elliptic-key'));

describe.skipIf(root === '')('fixtures of sigstore/model-transparency (needs MILTON_OMS_FIXTURES)', () => {
  it('verify, those made with a key, over the files beside them', () => {
    expect(keyed.length).toBeGreaterThanOrEqual(4);
    const key = parsePublicKey(readFileSync(join(root, 'keys/certificate/signing-key-pub.pem')));
    for (const name of keyed) {
      const folder = join(root, name);
      const signature = verifySignature(readFileSync(join(folder, 'model.sig')), { keys: [key] });
      expect(signature.keyId, name).toBe(key.id);
      expect(
        () => matchResources(signature, digestsOf(folder, [...signature.resources.keys()])),
        name,
      ).not.toThrow();
    }
  });

  it('are refused with their reason, those made with a certificate, the historic one among them', () => {
    const key = parsePublicKey(readFileSync(join(root, 'keys/certificate/signing-key-pub.pem')));
    const others = fixtures.filter((name) => !keyed.includes(name));
    expect(others).toContain('v0.2.0-certificate');
    for (const name of others) {
      expect(
        () => verifySignature(readFileSync(join(root, name, 'model.sig')), { keys: [key] }),
        name,
      ).toThrow(expect.objectContaining({ code: 'TRUST_METHOD_UNSUPPORTED', exitCode: 3 }));
    }
  });
});

/** Those two releases signed one file, and called it "."; files that a fixture is meant to leave out have a name that says so. */
function digestsOf(folder: string, names: readonly string[]): ReadonlyMap<string, string> {
  const files = readdirSync(folder).filter((name) => name !== 'model.sig' && name !== 'ignore-me');
  const digest = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  if (names.length === 1 && names[0] === '.') return new Map([['.', digest(files[0] ?? '')]]);
  return new Map(files.map((name) => [name, digest(name)]));
}
