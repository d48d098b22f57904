/** Signatures and keys go both ways between us and openssl, which shares no code with what is tested here. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  formatPrivateKey,
  formatPublicKey,
  generateKeyPair,
  hintOf,
  loadPrivateKey,
  parsePublicKey,
  preAuthenticationEncoding,
  signResources,
  verifySignature,
  type KeyCurve,
} from '../../src/trust/index.ts';
import { RESOURCES, soundStatement } from '../unit/trust/forge-signature.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const CURVES: readonly (readonly [KeyCurve, string])[] = [
  ['P-256', 'sha256'],
  ['P-384', 'sha384'],
  ['P-521', 'sha512'],
];

let folder: string;
const at = (name: string): string => join(folder, name);
const openssl = (...args: string[]): string =>
  execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-openssl-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(!hasOpenssl)('openssl (needs openssl)', () => {
  it.each(CURVES)('verifies what we sign on %s with %s', async (curve, hash) => {
    const key = await generateKeyPair({ curve });
    const { dsseEnvelope, verificationMaterial } = JSON.parse(
      Buffer.from(signResources(RESOURCES, { key })).toString(),
    );
    const payload = Buffer.from(dsseEnvelope.payload, 'base64');
    await writeFile(at('public.pem'), formatPublicKey(key));
    await writeFile(at('signature.der'), Buffer.from(dsseEnvelope.signatures[0].sig, 'base64'));
    // Written down here once more, so that a wrong encoding on both our sides is found out.
    await writeFile(
      at('signed'),
      `DSSEv1 28 application/vnd.in-toto+json ${payload.length} ${payload.toString()}`,
    );
    const dgst = ['dgst', `-${hash}`, '-verify', 'public.pem', '-signature', 'signature.der'];
    expect(openssl(...dgst, 'signed').trim()).toBe('Verified OK');
    await writeFile(
      at('changed'),
      `DSSEv1 28 application/vnd.in-toto+json ${payload.length} ${payload.toString()} `,
    );
    expect(spawnSync('openssl', [...dgst, 'changed'], { cwd: folder }).status).toBe(1);
    const hint = openssl('dgst', '-sha256', '-r', 'public.pem').slice(0, 64);
    expect(verificationMaterial.publicKey.hint).toBe(hint);
  });

  it.each(CURVES)('signs what we verify on %s with %s', async (curve, hash) => {
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-out', 'private.pem');
    openssl('pkey', '-in', 'private.pem', '-pubout', '-out', 'public.pem');
    const key = parsePublicKey(await readFile(at('public.pem')));
    const payload = Buffer.from(JSON.stringify(soundStatement(RESOURCES)));
    await writeFile(at('signed'), preAuthenticationEncoding(payload));
    openssl('dgst', `-${hash}`, '-sign', 'private.pem', '-out', 'signature.der', 'signed');
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: hintOf(key) } },
      dsseEnvelope: {
        payload: payload.toString('base64'),
        payloadType: 'application/vnd.in-toto+json',
        signatures: [{ sig: (await readFile(at('signature.der'))).toString('base64') }],
      },
    };
    const verified = verifySignature(Buffer.from(JSON.stringify(bundle)), { keys: [key] });
    expect(verified).toMatchObject({ keyId: key.id, curve, subjectName: 'bundle_v1' });
    const der = openssl('dgst', '-sha256', '-r', derOf('public.pem')).slice(0, 64);
    expect(key.id).toBe(der);
  });

  it('makes private keys that we load: in the old form with its parameters, and encrypted', () => {
    const made = openssl('ecparam', '-name', 'secp384r1', '-genkey');
    expect(made).toContain('EC PARAMETERS');
    expect(loadPrivateKey(made).curve).toBe('P-384');
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'plain.pem');
    openssl('pkcs8', '-topk8', '-in', 'plain.pem', '-out', 'locked.pem', '-passout', 'pass:open');
    const locked = execFileSync('cat', [at('locked.pem')]);
    expect(loadPrivateKey(locked, { passphrase: 'open' }).curve).toBe('P-256');
    expect(() => loadPrivateKey(locked)).toThrow(expect.objectContaining({ code: 'TRUST_KEY_LOCKED' }));
  });

  it('opens the private keys that we encrypt, and no other way', async () => {
    const key = await generateKeyPair();
    await writeFile(at('ours.pem'), formatPrivateKey(key, { passphrase: 'open' }));
    expect(openssl('pkey', '-in', 'ours.pem', '-passin', 'pass:open', '-pubout')).toBe(formatPublicKey(key));
    expect(spawnSync('openssl', ['pkey', '-in', at('ours.pem'), '-passin', 'pass:shut']).status).not.toBe(0);
  });
});

function derOf(pem: string): string {
  openssl('pkey', '-pubin', '-in', pem, '-outform', 'DER', '-out', 'public.der');
  return 'public.der';
}
