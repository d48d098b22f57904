/**
 * A Sigstore bundle v0.3 with one DSSE envelope, as OpenSSF Model Signing v1.0 §4 has it for its key method. What is read here
 * is not believed yet: only the exact bytes of the payload and of the signature come out, and a hint.
 */
import { escapeText } from '../core/index.ts';
import { parseBase64, toBase64 } from './base64.ts';
import { IN_TOTO_PAYLOAD_TYPE } from './dsse.ts';
import { TrustFailure } from './error.ts';
import {
  assertOnly,
  fieldsOf,
  listField,
  objectField,
  optionalTextField,
  own,
  textField,
  wrong,
  type Fields,
} from './fields.ts';
import { parseStrictJson } from './strict-json.ts';

export const SIGSTORE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

export interface Envelope {
  /** Which key its maker says it was; selects, and proves nothing. */
  readonly hint: string | null;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** Compact JSON, in the field order of the reference implementation. */
export function formatSigstoreBundle({ hint, payload, signature }: Envelope): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify({
      mediaType: SIGSTORE_MEDIA_TYPE,
      verificationMaterial: { publicKey: { hint }, tlogEntries: [] },
      dsseEnvelope: {
        payload: toBase64(payload),
        payloadType: IN_TOTO_PAYLOAD_TYPE,
        signatures: [{ sig: toBase64(signature), keyid: '' }],
      },
    }),
  );
}

/**
 * Throws `TRUST_ENVELOPE_INVALID`, `TRUST_ENVELOPE_LIMIT`, `TRUST_JSON_AMBIGUOUS`, `TRUST_MEDIA_TYPE_UNKNOWN`,
 * `TRUST_METHOD_UNSUPPORTED`, `TRUST_PAYLOAD_TYPE_UNKNOWN`, `TRUST_SIGNATURE_COUNT`, `TRUST_BASE64_NOT_CANONICAL`.
 */
export function parseSigstoreBundle(bytes: Uint8Array): Envelope {
  const code = 'TRUST_ENVELOPE_INVALID';
  const bundle = fieldsOf(parseStrictJson(bytes, { name: 'The signature', invalid: code }), { code });
  const mediaType = textField(bundle, 'mediaType');
  if (mediaType !== SIGSTORE_MEDIA_TYPE)
    throw unknownType(
      'TRUST_MEDIA_TYPE_UNKNOWN',
      'The media type of the signature is not known',
      SIGSTORE_MEDIA_TYPE,
      mediaType,
    );
  assertOnly(bundle, ['mediaType', 'verificationMaterial', 'dsseEnvelope']);
  const hint = parseMaterial(objectField(bundle, 'verificationMaterial'));
  const envelope = objectField(bundle, 'dsseEnvelope');
  assertOnly(envelope, ['payload', 'payloadType', 'signatures']);
  const payloadType = textField(envelope, 'payloadType');
  if (payloadType !== IN_TOTO_PAYLOAD_TYPE)
    throw unknownType(
      'TRUST_PAYLOAD_TYPE_UNKNOWN',
      'The payload type of the signature is not known',
      IN_TOTO_PAYLOAD_TYPE,
      payloadType,
    );
  const signature = parseOnlySignature(envelope);
  const payload = parseBase64(textField(envelope, 'payload'), { field: 'dsseEnvelope.payload' });
  return { hint, payload, signature };
}

/** OMS v1.0 §4.1: a key is named by a hint, or, before v1.1.0 of the reference, embedded; what is embedded is not looked at. */
function parseMaterial(material: Fields): string | null {
  const method = ['certificate', 'x509CertificateChain'].find((key) => own(material, key) !== undefined);
  if (method !== undefined) {
    throw new TrustFailure(
      'TRUST_METHOD_UNSUPPORTED',
      'The signature was made with a certificate, not with a key.',
      {
        details: { expected: 'verificationMaterial.publicKey', received: `verificationMaterial.${method}` },
      },
    );
  }
  assertOnly(material, ['publicKey', 'tlogEntries']);
  const entries = own(material, 'tlogEntries') === undefined ? [] : listField(material, 'tlogEntries');
  if (entries.length > 0)
    throw wrong(material, 'tlogEntries', 'no entries of a log that nobody here can ask');
  const publicKey = objectField(material, 'publicKey');
  assertOnly(publicKey, ['hint', 'rawBytes', 'keyDetails']);
  optionalTextField(publicKey, 'rawBytes');
  optionalTextField(publicKey, 'keyDetails');
  const hint = own(publicKey, 'hint');
  return hint === undefined || hint === null || hint === '' ? null : textField(publicKey, 'hint');
}

function parseOnlySignature(envelope: Fields): Uint8Array {
  const signatures = listField(envelope, 'signatures');
  const [only] = signatures;
  if (only === undefined || signatures.length > 1) {
    throw new TrustFailure('TRUST_SIGNATURE_COUNT', `The envelope bears ${signatures.length} signatures.`, {
      details: { expected: 'one signature', received: signatures.length },
    });
  }
  const at = 'dsseEnvelope.signatures[0].';
  const fields = fieldsOf(only, { code: envelope.code, at });
  assertOnly(fields, ['sig', 'keyid']);
  // OMS v1.0 §4.1: absent, empty, null or anything else, it is not used.
  if (own(fields, 'keyid') !== null) optionalTextField(fields, 'keyid');
  return parseBase64(textField(fields, 'sig'), { field: `${at}sig` });
}

function unknownType(
  code: 'TRUST_MEDIA_TYPE_UNKNOWN' | 'TRUST_PAYLOAD_TYPE_UNKNOWN',
  message: string,
  expected: string,
  received: string,
): TrustFailure {
  return new TrustFailure(code, `${message}: ${escapeText(received, 80)}.`, {
    details: { expected, received: escapeText(received, 120) },
  });
}
