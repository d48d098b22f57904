/** Names of files in a statement: canonical relative paths (OMS v1.0 §6.1.2), in the order of code points. Pure. */
import { escapeText } from '../core/index.ts';
import { TrustFailure } from './error.ts';
import { MAX_RESOURCE_NAME_BYTES } from './limits.ts';

/** By code point, which is the byte order of UTF-8. */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

/** Throws `TRUST_RESOURCE_NAME_INVALID`. */
export function assertResourceName(name: string): void {
  const reason = findReason(name);
  if (reason === null) return;
  throw new TrustFailure(
    'TRUST_RESOURCE_NAME_INVALID',
    `The signed statement has a name that is no canonical path: "${escapeText(name, 120)}".`,
    { details: { expected: 'a plain relative path with forward slashes', received: reason } },
  );
}

function findReason(name: string): string | null {
  if (name === '') return 'an empty name';
  if (Buffer.byteLength(name, 'utf8') > MAX_RESOURCE_NAME_BYTES)
    return `more than ${MAX_RESOURCE_NAME_BYTES} bytes`;
  if (name.includes('\\')) return 'a backslash';
  if (/[\p{Cc}\p{Cs}]/u.test(name)) return 'a control character, or half of one';
  const parts = name.split('/');
  if (parts.includes('')) return 'an absolute path, or an empty part';
  if (parts.includes('.') || parts.includes('..')) return 'a part that is . or ..';
  return null;
}
