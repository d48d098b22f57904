/** A new key pair. */
import { createPublicKey, generateKeyPair as generate, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { KEY_CURVES } from './key-curves.ts';
import { trustedKey } from './key-parse.ts';
import type { KeyCurve, SigningKey } from './types.ts';

export interface GenerateKeyOptions {
  readonly curve?: KeyCurve;
}

export async function generateKeyPair({ curve = 'P-256' }: GenerateKeyOptions = {}): Promise<SigningKey> {
  const { privateKey } = await promisify(generate)('ec', { namedCurve: KEY_CURVES[curve].opensslName });
  const publicKey: KeyObject = createPublicKey(privateKey);
  return { ...trustedKey(publicKey, 'the new key'), privateKey };
}

/** PKCS #8 in PEM, encrypted (PBES2, AES-256) where a passphrase is given. The only way out for a private key. */
export function formatPrivateKey(
  { privateKey }: Pick<SigningKey, 'privateKey'>,
  { passphrase }: { readonly passphrase?: string | undefined } = {},
): string {
  return privateKey
    .export({
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase !== undefined && { cipher: 'aes-256-cbc', passphrase }),
    })
    .toString();
}
