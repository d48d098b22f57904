/** The curves of keys, and what each fixes: its hash, and the one length of its public key and longest of its signature. */
import type { KeyObject } from 'node:crypto';
import type { KeyCurve } from './types.ts';

export interface CurveFacts {
  /** As OpenSSL calls it. */
  readonly opensslName: string;
  /** The hash that a signature is over (OpenSSF Model Signing v1.0: SHA-256, SHA-384, SHA-512). */
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  /** SubjectPublicKeyInfo in DER with a named curve and an uncompressed point: no other form is taken. */
  readonly spkiBytes: number;
  /** Two integers in a DER sequence, each with its sign byte. */
  readonly maxSignatureBytes: number;
}

export const KEY_CURVES: Readonly<Record<KeyCurve, CurveFacts>> = {
  'P-256': { opensslName: 'prime256v1', hash: 'sha256', spkiBytes: 91, maxSignatureBytes: 72 },
  'P-384': { opensslName: 'secp384r1', hash: 'sha384', spkiBytes: 120, maxSignatureBytes: 104 },
  'P-521': { opensslName: 'secp521r1', hash: 'sha512', spkiBytes: 158, maxSignatureBytes: 139 },
};

export const KEY_CURVE_NAMES = Object.keys(KEY_CURVES) as readonly KeyCurve[];

/** Null for another kind of key, another curve, and a curve that is spelled out instead of named. */
export function curveOf(key: KeyObject): KeyCurve | null {
  if (key.asymmetricKeyType !== 'ec') return null;
  const name = key.asymmetricKeyDetails?.namedCurve;
  return KEY_CURVE_NAMES.find((curve) => KEY_CURVES[curve].opensslName === name) ?? null;
}
