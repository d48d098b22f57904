/** Keys from PEM: one block, of the right half, on a known curve, in its usual form. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { decodeUtf8 } from '../core/index.ts';
import { TrustFailure } from './error.ts';
import { curveOf, KEY_CURVE_NAMES, KEY_CURVES } from './key-curves.ts';
import { MAX_KEY_BYTES } from './limits.ts';
import type { KeyCurve, SigningKey, TrustedKey } from './types.ts';

export interface ParseKeyOptions {
  /** What the key is called in messages: usually its path. */
  readonly name?: string;
}

export interface LoadPrivateKeyOptions extends ParseKeyOptions {
  readonly passphrase?: string | undefined;
}

/** `BEGIN PUBLIC KEY` and nothing else. Throws `TRUST_KEY_INVALID`, `TRUST_KEY_UNSUPPORTED`, `TRUST_KEY_PRIVATE`. */
export function parsePublicKey(
  pem: string | Uint8Array,
  { name = 'the key' }: ParseKeyOptions = {},
): TrustedKey {
  const { label, text } = readPem(pem, name);
  if (PRIVATE_LABELS.includes(label)) {
    throw new TrustFailure('TRUST_KEY_PRIVATE', `${name} is a private key; a public one belongs here.`, {
      details: { expected: 'PUBLIC KEY', received: label },
    });
  }
  if (label !== 'PUBLIC KEY') throw invalid(name, 'one block PUBLIC KEY', label);
  return trustedKey(
    read(() => createPublicKey({ key: text, format: 'pem', type: 'spki' }), name),
    name,
  );
}

/**
 * PKCS #8, plain or encrypted, or what `openssl ecparam -genkey` writes. Throws `TRUST_KEY_INVALID`, `TRUST_KEY_UNSUPPORTED`,
 * `TRUST_KEY_PUBLIC`, `TRUST_KEY_LOCKED`, `TRUST_PASSPHRASE_WRONG`.
 */
export function loadPrivateKey(
  pem: string | Uint8Array,
  { passphrase, name = 'the key' }: LoadPrivateKeyOptions = {},
): SigningKey {
  const { label, text } = readPem(pem, name);
  if (label === 'PUBLIC KEY') {
    throw new TrustFailure('TRUST_KEY_PUBLIC', `${name} is a public key; the private one is needed here.`, {
      details: { expected: 'PRIVATE KEY', received: label },
    });
  }
  if (!PRIVATE_LABELS.includes(label)) throw invalid(name, 'one block PRIVATE KEY', label);
  const isLocked = isEncrypted({ label, text });
  if (isLocked && passphrase === undefined) {
    throw new TrustFailure('TRUST_KEY_LOCKED', `${name} is encrypted, and no passphrase was given.`);
  }
  const privateKey = isLocked
    ? unlock(text, passphrase ?? '', name)
    : read(() => createPrivateKey(text), name);
  const { id, curve, publicKey } = trustedKey(createPublicKey(privateKey), name);
  return { id, curve, privateKey, publicKey };
}

/** Whether a passphrase will be asked for. */
export function isEncryptedKey(
  pem: string | Uint8Array,
  { name = 'the key' }: ParseKeyOptions = {},
): boolean {
  return isEncrypted(readPem(pem, name));
}

/** As it stands in a policy and in a `.pub.pem`. */
export function formatPublicKey({ publicKey }: Pick<TrustedKey, 'publicKey'>): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

/** What the reference implementation of OMS writes as a hint: the digest of the PEM text, and not of the DER. */
export function hintOf(key: Pick<TrustedKey, 'publicKey'>): string {
  return createHash('sha256').update(formatPublicKey(key)).digest('hex');
}

/** The id of a key, and the proof that it has the one form of its curve. */
export function trustedKey(publicKey: KeyObject, name: string): TrustedKey {
  const curve = curveOf(publicKey);
  if (curve === null) throw unsupported(publicKey, name);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const { spkiBytes } = KEY_CURVES[curve];
  // A compressed point would give the same key a second id.
  if (der.length !== spkiBytes)
    throw invalid(name, `${spkiBytes} bytes (uncompressed)`, `${der.length} bytes`);
  return { id: createHash('sha256').update(der).digest('hex'), curve: curve satisfies KeyCurve, publicKey };
}

const PRIVATE_LABELS: readonly string[] = ['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'EC PRIVATE KEY'];
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----[\s\S]*?-----END \1-----/g;

interface Pem {
  readonly label: string;
  readonly text: string;
}

/** One block; text around it is read over (RFC 7468 §2). The parameters that openssl writes before an EC key are no second one. */
function readPem(pem: string | Uint8Array, name: string): Pem {
  if (pem.length > MAX_KEY_BYTES)
    throw invalid(name, `at most ${MAX_KEY_BYTES} bytes`, `${pem.length} bytes`);
  const whole = typeof pem === 'string' ? pem : readText(pem, name);
  const blocks = [...whole.matchAll(BLOCK)].map(([text, label = '']) => ({ label, text }));
  const keys = blocks.filter(({ label }) => label !== 'EC PARAMETERS');
  const [only] = keys;
  if (only === undefined) throw invalid(name, 'a key in PEM', 'no PEM block');
  if (keys.length > 1) throw invalid(name, 'one key', `${keys.length} PEM blocks`);
  return only;
}

function readText(pem: Uint8Array, name: string): string {
  try {
    return decodeUtf8(pem, name);
  } catch (cause) {
    throw new TrustFailure('TRUST_KEY_INVALID', `${name} is no key in PEM: it is no text.`, { cause });
  }
}

function isEncrypted({ label, text }: Pem): boolean {
  return label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type: 4,ENCRYPTED/m.test(text);
}

/** Whatever goes wrong now, the passphrase is the likely reason, and OpenSSL's own words name nothing better. */
function unlock(text: string, passphrase: string, name: string): KeyObject {
  try {
    return createPrivateKey({ key: text, format: 'pem', passphrase });
  } catch {
    throw new TrustFailure('TRUST_PASSPHRASE_WRONG', `The passphrase does not open ${name}.`);
  }
}

/** The cause is left out: for a private key it could quote what was read. */
function read(parse: () => KeyObject, name: string): KeyObject {
  try {
    return parse();
  } catch {
    throw invalid(name, 'a key that OpenSSL can read', 'a damaged one, or of an unknown kind');
  }
}

function unsupported(key: KeyObject, name: string): TrustFailure {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  const kind = key.asymmetricKeyType ?? 'unknown';
  return new TrustFailure(
    'TRUST_KEY_UNSUPPORTED',
    `${name} is not a key that signatures are made with here.`,
    {
      details: {
        expected: `an elliptic-curve key on ${KEY_CURVE_NAMES.join(', ')}`,
        received: kind === 'ec' ? `ec on ${curve ?? 'a curve without a name'}` : kind,
      },
    },
  );
}

function invalid(name: string, expected: string, received: string): TrustFailure {
  return new TrustFailure('TRUST_KEY_INVALID', `${name} is no usable key in PEM.`, {
    details: { expected, received },
  });
}
