/** The key that a client must show: read once from a file, compared without telling by the time how much of it was right. */
import { timingSafeEqual } from 'node:crypto';
import { escapeText } from '../core/index.ts';
import { createSha256, withFileSource } from '../system/index.ts';
import { ApiError } from './api-error.ts';
import { ServeFailure } from './error.ts';
import { MAX_KEY_FILE_BYTES, MIN_KEY_LENGTH } from './limits.ts';

/** A key as its digest: it is nowhere else in memory once it is read. */
export type ApiKey = Uint8Array;

/** Throws `SERVE_KEY_UNUSABLE`, `SYSTEM_FILE_*`. */
export async function loadApiKey(path: string): Promise<ApiKey> {
  const unusable = (expected: string, received: string): ServeFailure =>
    new ServeFailure('SERVE_KEY_UNUSABLE', `${escapeText(path)} holds no key that could be used.`, {
      details: { path, expected, received },
    });
  return withFileSource(path, async (source) => {
    const { mode } = await source.handle.stat();
    if ((mode & 0o004) !== 0)
      throw unusable('a file that others cannot read', `mode ${(mode & 0o777).toString(8)}`);
    if (source.sizeBytes > MAX_KEY_FILE_BYTES)
      throw unusable(`at most ${MAX_KEY_FILE_BYTES} bytes`, `${source.sizeBytes} bytes`);
    const text = Buffer.from(await source.read(0, source.sizeBytes)).toString('utf8');
    const key = text.trim();
    if (!/^[\x21-\x7e]+$/.test(key)) throw unusable('one word of printable characters', 'something else');
    if (key.length < MIN_KEY_LENGTH)
      throw unusable(`at least ${MIN_KEY_LENGTH} characters`, `${key.length} characters`);
    return digest(key);
  });
}

/** `authorization`: the header as it came (RFC 6750, `Bearer`). Throws `ApiError` 401. */
export function assertKey(authorization: string | undefined, key: ApiKey | null): void {
  if (key === null) return;
  const [, given] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  if (given !== undefined && timingSafeEqual(digest(given), key)) return;
  const message =
    given === undefined ? 'A key is needed: Authorization: Bearer KEY.' : 'The key is not right.';
  throw new ApiError(401, 'invalid_api_key', message, { headers: { 'www-authenticate': 'Bearer' } });
}

function digest(text: string): Uint8Array {
  return createSha256().update(text).digest();
}
