/** The words of the room: keys, what a signature says, and what came out of verifying one. */
import type { KeyObject } from 'node:crypto';

/** The curves of OpenSSF Model Signing v1.0; each fixes its hash (SHA-256, SHA-384, SHA-512). */
export type KeyCurve = 'P-256' | 'P-384' | 'P-521';

/** One file that a signature is about. */
export interface Resource {
  /** Its path within the bundle, without the top folder: `model/model.gguf`, `manifest.json`. */
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** A public key that somebody decided to believe: it comes from a policy or the command line, never from a bundle. */
export interface TrustedKey {
  /** Lower-case hex SHA-256 of its SubjectPublicKeyInfo in DER. */
  readonly id: string;
  readonly curve: KeyCurve;
  readonly publicKey: KeyObject;
}

/** A private key. Nothing of it is ever printed or written but by `formatPrivateKey`. */
export interface SigningKey {
  /** That of its public half. */
  readonly id: string;
  readonly curve: KeyCurve;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** What a signature says, once it held under a trusted key. */
export interface VerifiedSignature {
  /** The {@link TrustedKey.id} of the key under which it held. */
  readonly keyId: string;
  readonly curve: KeyCurve;
  /** What the signer called it: for people, not for decisions. */
  readonly subjectName: string;
  /** SHA-256 over the raw digests of all resources in their order: stands for the content as a whole. */
  readonly subjectSha256: string;
  /** Name → lower-case hex SHA-256, sorted by name. */
  readonly resources: ReadonlyMap<string, string>;
}

/** What an envelope says of itself before anything was checked: for display, never for a decision. */
export interface ReadSignature {
  /** Which key its maker says it was, if it says so. */
  readonly hint: string | null;
  readonly sizeBytes: number;
  /** What stands in the payload that nobody checked yet; null where it cannot be read. */
  readonly claim: { readonly subjectName: string; readonly fileCount: number } | null;
}
