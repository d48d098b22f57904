/**
 * Whether a signature holds under a key that somebody trusts, and then what it says. The order is the point: the envelope is
 * read strictly, the signature checked over the exact bytes of the payload, and only then is the payload parsed.
 */
import { verify } from 'node:crypto';
import { escapeText } from '../core/index.ts';
import { historicEncoding, preAuthenticationEncoding } from './dsse.ts';
import { TrustFailure } from './error.ts';
import { KEY_CURVES } from './key-curves.ts';
import { hintOf } from './key-parse.ts';
import { MAX_TRUSTED_KEYS } from './limits.ts';
import { parseSigstoreBundle, type Envelope } from './sigstore-bundle.ts';
import { parseStatement } from './statement.ts';
import type { TrustedKey, VerifiedSignature } from './types.ts';

export interface VerifySignatureOptions {
  /** At most 64. */
  readonly keys: readonly TrustedKey[];
}

/** Throws `TRUST_KEY_UNKNOWN`, `TRUST_SIGNATURE_INVALID`, `TRUST_ENCODING_HISTORIC`, and what reading envelope and statement throws. */
export function verifySignature(bytes: Uint8Array, { keys }: VerifySignatureOptions): VerifiedSignature {
  if (keys.length > MAX_TRUSTED_KEYS) throw new RangeError(`More than ${MAX_TRUSTED_KEYS} keys.`);
  const envelope = parseSigstoreBundle(bytes);
  const candidates = selectKeys(keys, envelope);
  const signed = preAuthenticationEncoding(envelope.payload);
  const key = candidates.find((candidate) => holds(candidate, signed, envelope));
  if (key === undefined) throw doesNotHold(candidates, envelope);
  return { keyId: key.id, curve: key.curve, ...parseStatement(envelope.payload) };
}

/** A hint (digest of the PEM, as OMS tools write it, or the id itself) selects; without one, every key is tried. */
function selectKeys(keys: readonly TrustedKey[], { hint }: Envelope): readonly TrustedKey[] {
  const selected = hint === null ? keys : keys.filter((key) => key.id === hint || hintOf(key) === hint);
  if (selected.length > 0) return selected;
  throw new TrustFailure('TRUST_KEY_UNKNOWN', 'The signature was made with a key that is not trusted here.', {
    details: {
      expected:
        keys.length === 0
          ? 'a trusted key; there is none'
          : `one of ${keys.map((key) => `${key.id} (hint ${hintOf(key)})`).join(', ')}`,
      received:
        hint === null ? 'a signature that names no key' : `a key with the hint ${escapeText(hint, 80)}`,
    },
  });
}

function holds({ curve, publicKey }: TrustedKey, signed: Uint8Array, { signature }: Envelope): boolean {
  // OpenSSL refuses a DER form that is not the only one, and gives false for bytes that are no signature at all.
  return verify(KEY_CURVES[curve].hash, signed, { key: publicKey, dsaEncoding: 'der' }, signature);
}

function doesNotHold(keys: readonly TrustedKey[], envelope: Envelope): TrustFailure {
  const historic = historicEncoding(envelope.payload);
  if (keys.some((key) => holds(key, historic, envelope))) {
    return new TrustFailure(
      'TRUST_ENCODING_HISTORIC',
      'The signature is over the encoding of model-signing v0.2.0, which is refused.',
      {
        details: {
          expected: 'DSSEv1 and the payload',
          received: 'DSSEV1 and the payload as Python prints it',
        },
      },
    );
  }
  return new TrustFailure(
    'TRUST_SIGNATURE_INVALID',
    'The signature does not hold: what was signed has been changed, or another key signed it.',
    {
      details: {
        expected: `a signature by ${keys.map(({ id }) => id).join(' or ')}`,
        received: 'one that does not fit',
      },
    },
  );
}
