import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrustFailure } from '../../../src/trust/error.ts';
import { loadPrivateKey } from '../../../src/trust/key-parse.ts';
import { generateKeyPair } from '../../../src/trust/key-generate.ts';
import { KEY_CURVE_NAMES } from '../../../src/trust/key-curves.ts';
import { maxSignatureBytes, signResources } from '../../../src/trust/signature-make.ts';
import { verifySignature } from '../../../src/trust/signature-verify.ts';
import { forgeSignature, RESOURCES, sha256, soundStatement, testKey } from './forge-signature.ts';

const key = testKey();
const other = testKey('secp521r1');

describe('verifySignature', () => {
  it.each(KEY_CURVE_NAMES)('takes what signResources makes with a key on %s', async (curve) => {
    const pair = await generateKeyPair({ curve });
    const bytes = signResources(RESOURCES.toReversed(), { key: pair, subjectName: 'bundle_v1' });
    const keys = [key.trusted, pair];
    expect(verifySignature(bytes, { keys })).toEqual({
      keyId: pair.id,
      curve,
      subjectName: 'bundle_v1',
      subjectSha256: soundStatement(RESOURCES).subject[0].digest.sha256,
      resources: new Map(RESOURCES.map((one) => [one.name, one.sha256])),
    });
    expect(bytes.length).toBeLessThanOrEqual(
      maxSignatureBytes(
        RESOURCES.map(({ name }) => name),
        { subjectName: 'bundle_v1' },
      ),
    );
  });

  describe('of a hint', () => {
    const hinted = (publicKey: unknown) =>
      forgeSignature({
        key,
        envelope: (bundle) => ({ ...bundle, verificationMaterial: { publicKey } }),
      });

    it.each([
      ['is the digest of the PEM, as OMS tools write it', { hint: sha256(key.publicPem) }],
      ['is the id', { hint: key.trusted.id }],
      ['is missing, beside an embedded key of before v1.1.0', { rawBytes: 'AAAA', keyDetails: 'x' }],
      ['is null', { hint: null }],
      ['is empty', { hint: '' }],
    ])('selects among the trusted keys where it %s', (_title, publicKey) => {
      const { keyId } = verifySignature(hinted(publicKey), { keys: [other.trusted, key.trusted] });
      expect(keyId).toBe(key.trusted.id);
    });

    it('never lets another key stand in for the one that it names', () => {
      const bytes = hinted({ hint: other.trusted.id });
      expect(() => verifySignature(bytes, { keys: [other.trusted, key.trusted] })).toThrow(
        expect.objectContaining({ code: 'TRUST_SIGNATURE_INVALID' }),
      );
    });
  });

  it('believes nothing where no key is trusted', () => {
    for (const hint of [null, key.trusted.id]) {
      const bytes = forgeSignature({
        key,
        envelope: (bundle) => ({ ...bundle, verificationMaterial: { publicKey: { hint } } }),
      });
      expect(() => verifySignature(bytes, { keys: [] })).toThrow(
        expect.objectContaining({ code: 'TRUST_KEY_UNKNOWN', exitCode: 3 }),
      );
    }
  });

  it('reads over what OMS says is to be read over', () => {
    const bytes = forgeSignature({
      key,
      statement: (statement) => ({
        ...statement,
        predicate: {
          ...statement.predicate,
          later: true,
          resources: statement.predicate.resources.map((one: object) => ({ ...one, annotations: {} })),
          serialization: { ...statement.predicate.serialization, ignore_paths: ['.git'] },
        },
      }),
      envelope: (bundle) => {
        delete bundle.verificationMaterial.tlogEntries;
        delete bundle.dsseEnvelope.signatures[0].keyid;
        return bundle;
      },
    });
    expect(verifySignature(bytes, { keys: [key.trusted] }).resources.size).toBe(RESOURCES.length);
  });

  it('takes the only file of a model as OMS tools before v1.0.1 named it', () => {
    const bytes = forgeSignature({ key, resources: [{ name: '.', sha256: sha256('one') }] });
    expect([...verifySignature(bytes, { keys: [key.trusted] }).resources.keys()]).toEqual(['.']);
  });

  it('gives a result or a failure of ours for any bytes', () => {
    const sound = Buffer.from(forgeSignature({ key }));
    const broken = fc
      .array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = Buffer.from(sound);
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), broken), (bytes) => {
        try {
          const { keyId } = verifySignature(bytes, { keys: [key.trusted] });
          // Only what was not changed, or hints and ids that are not signed, may pass.
          expect(keyId).toBe(key.trusted.id);
        } catch (error) {
          expect(error).toBeInstanceOf(TrustFailure);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('says what it signed, whatever the names', () => {
    const signing = loadPrivateKey(key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const part = fc.stringMatching(/^[a-z\u00e9\u{1F600}][a-z\u00e9.\-_ ]{0,8}$/u);
    const names = fc.uniqueArray(
      fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(names, (list) => {
        const resources = list.map((name) => ({ name, sha256: sha256(name) }));
        const bytes = signResources(resources, { key: signing });
        const verified = verifySignature(bytes, { keys: [key.trusted] });
        expect(verified.resources).toEqual(new Map(resources.map((one) => [one.name, one.sha256])));
      }),
      { numRuns: 50 },
    );
  });
});
