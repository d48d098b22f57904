/** The failures of `trust`: keys that cannot be used, signatures that do not hold, and what a policy refuses. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';
import { POLICY_FAILURES } from './policy-failures.ts';

const SIGN_AGAIN =
  'Do not use this bundle. Get it again from whoever made it, or sign it again with: milton bundle sign FILE --key KEY --replace';

/** Keys, envelopes and statements. */
const SIGNATURE_FAILURES = {
  TRUST_KEY_INVALID: {
    exitCode: 3,
    summary: 'A file is not one key in PEM, or the key in it is damaged or written in an unusual form.',
    hint: 'Make a key pair: milton keys generate NAME',
  },
  TRUST_KEY_UNSUPPORTED: {
    exitCode: 3,
    summary: 'A key is not an elliptic-curve key on P-256, P-384 or P-521.',
    hint: 'Make a key pair that signatures can use: milton keys generate NAME',
  },
  TRUST_KEY_PRIVATE: {
    exitCode: 3,
    summary: 'A private key was given where a public one belongs.',
    hint: 'Give the public half (NAME.pub.pem); it can be printed with: milton keys show KEY',
  },
  TRUST_KEY_PUBLIC: {
    exitCode: 3,
    summary: 'A public key was given where a private one is needed to sign.',
    hint: 'Give the private half; those of this machine are listed by: milton keys list',
  },
  TRUST_KEY_MISSING: {
    exitCode: 1,
    summary: 'There is no key of that name, and no file of that path.',
    hint: 'See which keys there are, with: milton keys list',
  },
  TRUST_KEY_EXISTS: {
    exitCode: 1,
    summary: 'There is a key of that name already; a key is never overwritten.',
    hint: 'Choose another name, or move the old key away.',
    aftermath: 'unchanged',
  },
  TRUST_KEY_NAME_INVALID: {
    exitCode: 2,
    summary: 'The name of a key breaks the rule ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$.',
    hint: 'Use letters, digits and . _ - only, for example: milton keys generate release-2026',
  },
  TRUST_KEY_LOCKED: {
    exitCode: 2,
    summary: 'A private key is encrypted, and no passphrase was given.',
    hint: 'Run it on a terminal, which asks for it, or put it into MILTON_KEY_PASSPHRASE.',
  },
  TRUST_PASSPHRASE_WRONG: {
    exitCode: 3,
    summary: 'The passphrase does not open the private key.',
    hint: 'Run the same command again with the right passphrase.',
  },
  TRUST_SIGNATURE_MISSING: {
    exitCode: 3,
    summary: 'A bundle is not signed, and a signature was asked for.',
    hint: 'Get the signed bundle from whoever made it, or sign it yourself: milton bundle sign FILE --key KEY',
  },
  TRUST_SIGNATURE_PRESENT: {
    exitCode: 3,
    summary: 'A bundle that is to be signed is signed already; a bundle bears one signature.',
    hint: 'Keep it as it is, or put your signature in the place of the other: milton bundle sign FILE --key KEY --replace',
    aftermath: 'unchanged',
  },
  TRUST_BUNDLE_UNSIGNABLE: {
    exitCode: 3,
    summary: 'A bundle of the Python tool (format 1) has no room for a signature.',
    hint: 'Pack the model again, signed: milton bundle create --model PATH --version VERSION --sign KEY',
    aftermath: 'unchanged',
  },
  TRUST_ENVELOPE_INVALID: {
    exitCode: 3,
    summary: 'A signature is not a Sigstore bundle with one DSSE envelope, field by field.',
    hint: SIGN_AGAIN,
  },
  TRUST_ENVELOPE_LIMIT: {
    exitCode: 3,
    summary: 'A signature is larger or deeper than that of any real bundle.',
    hint: SIGN_AGAIN,
  },
  TRUST_JSON_AMBIGUOUS: {
    exitCode: 3,
    summary:
      'The JSON of a signature can be read in two ways: a key twice, __proto__, or a number that loses digits.',
    hint: SIGN_AGAIN,
  },
  TRUST_BASE64_NOT_CANONICAL: {
    exitCode: 3,
    summary: 'Base64 in a signature is not in its one form (standard alphabet, padded, nothing else).',
    hint: SIGN_AGAIN,
  },
  TRUST_MEDIA_TYPE_UNKNOWN: {
    exitCode: 3,
    summary: 'A signature is not a Sigstore bundle of version 0.3.',
    hint: 'Have it signed again with: milton bundle sign FILE --key KEY --replace',
  },
  TRUST_PAYLOAD_TYPE_UNKNOWN: {
    exitCode: 3,
    summary: 'The payload of a signature is not an in-toto statement, by its type.',
    hint: SIGN_AGAIN,
  },
  TRUST_PREDICATE_TYPE_UNKNOWN: {
    exitCode: 3,
    summary:
      'A signed statement is not one of OpenSSF Model Signing v1.0, by its type or that of its predicate.',
    hint: 'Have it signed again with: milton bundle sign FILE --key KEY --replace',
  },
  TRUST_METHOD_UNSUPPORTED: {
    exitCode: 3,
    summary: 'A signature was made with a certificate or an identity; only keys are believed.',
    hint: 'Have it signed with a key: milton bundle sign FILE --key KEY --replace',
  },
  TRUST_ENCODING_HISTORIC: {
    exitCode: 3,
    summary:
      'A signature is in the encoding of model-signing v0.2.0, which signed other bytes than it says and lists files without their frame.',
    hint: 'Have it signed again with: milton bundle sign FILE --key KEY --replace',
  },
  TRUST_SIGNATURE_COUNT: {
    exitCode: 3,
    summary: 'An envelope bears no signature, or more than one.',
    hint: SIGN_AGAIN,
  },
  TRUST_KEY_UNKNOWN: {
    exitCode: 3,
    summary: 'A signature names a key that is none of the trusted ones.',
    hint: 'Ask the signer for the public key through another channel, and compare its id: milton keys show FILE',
  },
  TRUST_SIGNATURE_INVALID: {
    exitCode: 3,
    summary:
      'A signature does not hold under the key: content or signature was changed, or another key made it.',
    hint: SIGN_AGAIN,
  },
  TRUST_STATEMENT_INVALID: {
    exitCode: 3,
    summary: 'A signed statement lacks a field, or has one of the wrong kind.',
    hint: SIGN_AGAIN,
  },
  TRUST_SERIALIZATION_UNSUPPORTED: {
    exitCode: 3,
    summary: 'A signed statement is not about whole files with SHA-256 and without symbolic links.',
    hint: SIGN_AGAIN,
  },
  TRUST_RESOURCE_NAME_INVALID: {
    exitCode: 3,
    summary: 'A name in a signed statement is not a canonical relative path.',
    hint: SIGN_AGAIN,
  },
  TRUST_RESOURCES_UNSORTED: {
    exitCode: 3,
    summary: 'The files of a signed statement are not sorted by name, or one is there twice.',
    hint: SIGN_AGAIN,
  },
  TRUST_SUBJECT_MISMATCH: {
    exitCode: 3,
    summary: 'The digest of the subject of a signed statement does not follow from the files that it lists.',
    hint: SIGN_AGAIN,
  },
  TRUST_RESOURCE_MISSING: {
    exitCode: 3,
    summary: 'A file that was signed is not in the bundle.',
    hint: SIGN_AGAIN,
  },
  TRUST_FILE_UNSIGNED: {
    exitCode: 3,
    summary: 'A bundle holds a file that its signature does not cover.',
    hint: SIGN_AGAIN,
  },
  TRUST_DIGEST_MISMATCH: {
    exitCode: 3,
    summary: 'A file of a bundle is not the one that was signed.',
    hint: SIGN_AGAIN,
  },
} as const satisfies FailureCatalogue;

export const TRUST_FAILURES = {
  ...SIGNATURE_FAILURES,
  ...POLICY_FAILURES,
} as const satisfies FailureCatalogue;

export type TrustCode = keyof typeof TRUST_FAILURES;

export class TrustFailure extends Failure<TrustCode> {
  constructor(code: TrustCode, message: string, options?: FailureOptions) {
    super(TRUST_FAILURES, code, message, options);
  }
}
