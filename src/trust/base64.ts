/** Base64 in its one form (RFC 4648 §4): standard alphabet, padded, no other character, no bits left over. */
import { TrustFailure } from './error.ts';

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Node decodes anything; what does not come out the same again was not canonical. Throws `TRUST_BASE64_NOT_CANONICAL`. */
export function parseBase64(text: string, { field }: { readonly field: string }): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (text !== '' && bytes.toString('base64') === text) return bytes;
  throw new TrustFailure('TRUST_BASE64_NOT_CANONICAL', `The signature has no canonical base64 at ${field}.`, {
    details: { field, expected: 'standard alphabet, padded, nothing else', received: 'another form' },
  });
}
