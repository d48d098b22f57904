import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TrustFailure } from '../../../src/trust/error.ts';
import { formatPrivateKey, generateKeyPair } from '../../../src/trust/key-generate.ts';
import { KEY_CURVE_NAMES } from '../../../src/trust/key-curves.ts';
import {
  formatPublicKey,
  hintOf,
  isEncryptedKey,
  loadPrivateKey,
  parsePublicKey,
} from '../../../src/trust/key-parse.ts';

const pair = await generateKeyPair();
const publicPem = formatPublicKey(pair);
const privatePem = formatPrivateKey(pair);
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
const edwards = generateKeyPairSync('ed25519');
const koblitz = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const spki = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const pkcs8 = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const block = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;

/** The same public key with its point compressed: another text, and another id if it were taken. */
function compressed(): string {
  const der = pair.publicKey.export({ type: 'spki', format: 'der' });
  const head = Buffer.from(der.subarray(0, 26));
  head[1] = 0x39;
  head[24] = 0x22;
  const y = der.at(-1) ?? 0;
  return block('PUBLIC KEY', Buffer.concat([head, Buffer.of(2 + (y & 1)), der.subarray(27, 59)]));
}

describe('parsePublicKey', () => {
  it.each(KEY_CURVE_NAMES)('reads a key on %s, and names it by the digest of its DER', async (curve) => {
    const made = await generateKeyPair({ curve });
    const { id, curve: read } = parsePublicKey(`\n${formatPublicKey(made).replaceAll('\n', '\r\n')}\n`);
    const der = made.publicKey.export({ type: 'spki', format: 'der' });
    expect({ id, read }).toEqual({ id: createHash('sha256').update(der).digest('hex'), read: curve });
  });

  it('reads over the words around it (RFC 7468)', () => {
    expect(parsePublicKey(`# the key of 2026\n\n${publicPem}`).id).toBe(pair.id);
  });

  it.each([
    ['a private key', 'TRUST_KEY_PRIVATE', privatePem],
    ['an RSA key', 'TRUST_KEY_UNSUPPORTED', spki(rsa.publicKey)],
    ['an Ed25519 key', 'TRUST_KEY_UNSUPPORTED', spki(edwards.publicKey)],
    ['a key on another curve', 'TRUST_KEY_UNSUPPORTED', spki(koblitz.publicKey)],
    ['a compressed point', 'TRUST_KEY_INVALID', compressed()],
    ['nothing', 'TRUST_KEY_INVALID', ''],
    ['no PEM', 'TRUST_KEY_INVALID', 'ssh-ed25519 AAAA'],
    ['a certificate', 'TRUST_KEY_INVALID', block('CERTIFICATE', Buffer.from('x'))],
    ['a block that is no key', 'TRUST_KEY_INVALID', block('PUBLIC KEY', Buffer.from('nothing'))],
    ['two keys', 'TRUST_KEY_INVALID', publicPem + publicPem],
    ['a private key beside the public one', 'TRUST_KEY_INVALID', publicPem + privatePem],
    ['a file of any size', 'TRUST_KEY_INVALID', publicPem + '\n'.repeat(20_000)],
    ['bytes that are no text', 'TRUST_KEY_INVALID', Buffer.of(0xff)],
  ] as const)('refuses %s as %s', (_title, code, pem) => {
    expect(() => parsePublicKey(pem, { name: 'k.pem' })).toThrow(
      expect.objectContaining({ code, exitCode: 3 }),
    );
  });
});

describe('loadPrivateKey', () => {
  it('reads what it wrote, plain and encrypted', async () => {
    expect(loadPrivateKey(privatePem).id).toBe(pair.id);
    expect(isEncryptedKey(privatePem)).toBe(false);
    const locked = formatPrivateKey(pair, { passphrase: 'open' });
    expect(isEncryptedKey(locked)).toBe(true);
    expect(locked).toContain('ENCRYPTED PRIVATE KEY');
    expect(loadPrivateKey(Buffer.from(locked), { passphrase: 'open' }).id).toBe(pair.id);
  });

  it('reads the form of OpenSSL before PKCS #8, with its parameters in front', () => {
    const sec1 = pair.privateKey.export({ type: 'sec1', format: 'pem' }).toString();
    const parameters = block('EC PARAMETERS', Buffer.from('06082a8648ce3d030107', 'hex'));
    expect(loadPrivateKey(parameters + sec1).id).toBe(pair.id);
  });

  it.each([
    ['a public key', 'TRUST_KEY_PUBLIC', publicPem, undefined, 3],
    ['an RSA key', 'TRUST_KEY_UNSUPPORTED', pkcs8(rsa.privateKey), undefined, 3],
    ['a damaged key', 'TRUST_KEY_INVALID', block('PRIVATE KEY', Buffer.from('x')), undefined, 3],
    ['a locked key', 'TRUST_KEY_LOCKED', formatPrivateKey(pair, { passphrase: 'open' }), undefined, 2],
    [
      'a wrong passphrase',
      'TRUST_PASSPHRASE_WRONG',
      formatPrivateKey(pair, { passphrase: 'open' }),
      'shut',
      3,
    ],
  ] as const)('refuses %s as %s', (_title, code, pem, passphrase, exitCode) => {
    expect(() => loadPrivateKey(pem, { passphrase })).toThrow(expect.objectContaining({ code, exitCode }));
  });

  it('lets nothing of a key or a passphrase into a refusal', () => {
    const secret = privatePem.split('\n')[1] ?? '';
    const damaged = privatePem.replace(secret.slice(0, 10), 'AAAAAAAAAA');
    for (const [pem, passphrase] of [
      [damaged, undefined],
      [formatPrivateKey(pair, { passphrase: 'open sesame' }), 'open barley'],
    ] as const) {
      const error = refusalOf(() => loadPrivateKey(pem, { passphrase }));
      expect(error.cause).toBeUndefined();
      expect(JSON.stringify(error.toReport())).not.toMatch(/sesame|barley/);
      expect(JSON.stringify(error.toReport())).not.toContain(secret.slice(12));
    }
  });
});

describe('hintOf', () => {
  it('is what sha256sum says of the public key in its file', () => {
    expect(hintOf(pair)).toBe(createHash('sha256').update(publicPem).digest('hex'));
  });
});

function refusalOf(work: () => unknown): TrustFailure {
  try {
    work();
  } catch (error) {
    if (error instanceof TrustFailure) return error;
  }
  throw new Error('It was read.');
}
