/** Signatures made by hand, sound and hostile: each layer can be changed before the next is laid around it. */
import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { parsePublicKey } from '../../../src/trust/key-parse.ts';
import type { Resource, TrustedKey } from '../../../src/trust/types.ts';

export interface TestKey {
  readonly privateKey: KeyObject;
  readonly trusted: TrustedKey;
  readonly publicPem: string;
}

const HASHES = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' } as const;

export function testKey(namedCurve: keyof typeof HASHES = 'prime256v1'): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return { privateKey, publicPem, trusted: parsePublicKey(publicPem) };
}

export const RESOURCES: readonly Resource[] = [
  'SHA256SUMS',
  'edge.json',
  'manifest.json',
  'model/a.gguf',
].map((name) => ({ name, sha256: sha256(name) }));

export const FILES: ReadonlyMap<string, string> = new Map(
  RESOURCES.map(({ name, sha256 }) => [name, sha256]),
);

/** Loose on purpose: what is forged need not have the right shape. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = any;

export interface Forgery {
  readonly key: TestKey;
  readonly resources?: readonly Resource[];
  /** Before it becomes text. */
  readonly statement?: (statement: Loose) => Loose;
  /** The exact bytes that are signed, as text. */
  readonly payload?: (text: string) => string | Uint8Array;
  /** The bytes that the signature is over. */
  readonly encode?: (payload: Uint8Array) => Uint8Array;
  /** After signing. */
  readonly envelope?: (bundle: Loose) => Loose;
  readonly text?: (text: string) => string;
  readonly hash?: string;
}

export function forgeSignature(forgery: Forgery): Uint8Array {
  const {
    key,
    resources = RESOURCES,
    statement = same,
    payload = same,
    encode = pae,
    envelope = same,
  } = forgery;
  const signedText = payload(JSON.stringify(statement(soundStatement(resources)), null, 2));
  const bytes = typeof signedText === 'string' ? Buffer.from(signedText) : signedText;
  const curve = key.privateKey.asymmetricKeyDetails?.namedCurve as keyof typeof HASHES;
  const sig = sign(forgery.hash ?? HASHES[curve], encode(bytes), key.privateKey);
  const bundle = envelope({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: sha256(key.publicPem) }, tlogEntries: [] },
    dsseEnvelope: {
      payload: Buffer.from(bytes).toString('base64'),
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig: sig.toString('base64'), keyid: '' }],
    },
  });
  const text = (forgery.text ?? same)(JSON.stringify(bundle));
  return Buffer.from(text);
}

export function soundStatement(resources: readonly Resource[]): Loose {
  const raw = Buffer.concat(resources.map((one) => Buffer.from(one.sha256, 'hex')));
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'bundle_v1', digest: { sha256: sha256(raw) } }],
    predicateType: 'https://model_signing/signature/v1.0',
    predicate: {
      resources: resources.map((one) => ({ name: one.name, algorithm: 'sha256', digest: one.sha256 })),
      serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false },
    },
  };
}

export function pae(payload: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${payload.length} `), payload]);
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function same<T>(value: T): T {
  return value;
}
