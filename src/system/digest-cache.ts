/**
 * Remembers the SHA-256 of large files, so that one that nobody touched is read once. It spares work and proves nothing: what
 * is verified, deployed or bound to evidence is hashed from its bytes.
 */
import { messageOf, type Warning } from '../core/index.ts';
import type { Clock } from './clock.ts';
import { inodeOf, loadDigests, saveDigests, type RememberedDigests } from './digest-cache-file.ts';
import { hashSource, type HashOptions } from './digest.ts';
import { sameIdentity, type FileIdentity, type FileSource } from './file-source.ts';
import { MIN_REMEMBERED_BYTES } from './limits.ts';
import { isSettled } from './settled-file.ts';

/** An open file before its first byte is read. */
export interface WatchedFile {
  readonly identity: FileIdentity;
  /** The digest it had when it was hashed, if it is unchanged since; lower-case hex. */
  readonly known: string | null;
  /** Whether any later change would show: else its digest must not be remembered. */
  readonly isSettled: boolean;
}

export interface DigestCache {
  /** Throws `SYSTEM_FILE_CHANGED` for a file that changes under our eyes. */
  watch(source: FileSource): Promise<WatchedFile>;
  /** Digests of bytes that were read while the watched file was as it was when it was opened. Never throws. */
  remember(digests: readonly { readonly file: WatchedFile; readonly sha256: string }[]): Promise<void>;
}

export interface DigestCacheOptions {
  readonly clock: Clock;
  /** False hashes everything again; what comes out takes the place of what was remembered. */
  readonly believe?: boolean;
  /** `DIGEST_CACHE_IGNORED`, `DIGEST_CACHE_NOT_WRITTEN`: each at most once. */
  readonly onWarning?: (warning: Warning) => void;
}

export interface HashOnceOptions extends HashOptions {
  readonly digests: DigestCache | null;
}

/** Touches no disk yet. The file is read once, when it is first needed. */
export function openDigestCache(
  path: string,
  { clock, believe = true, onWarning }: DigestCacheOptions,
): DigestCache {
  let loading: Promise<RememberedDigests> | null = null;
  let isUnwritable = false;
  const load = async (): Promise<RememberedDigests> => {
    const { digests, ignored } = await loadDigests(path);
    if (ignored !== null) {
      const message = `The remembered digests are ignored, and replaced when there is something to remember: ${ignored}`;
      onWarning?.({ code: 'DIGEST_CACHE_IGNORED', message });
    }
    return digests;
  };
  const find = async (source: FileSource): Promise<string | null> => {
    if (!believe) return null;
    loading ??= load();
    const entry = (await loading).get(inodeOf(source.identity));
    if (entry === undefined || !sameIdentity(entry.identity, source.identity)) return null;
    await source.assertUnchanged();
    return entry.sha256;
  };
  return {
    async watch(source) {
      const { identity } = source;
      if (source.sizeBytes < MIN_REMEMBERED_BYTES) return { identity, known: null, isSettled: false };
      const known = await find(source);
      return { identity, known, isSettled: known !== null || (await isSettled(source, clock.now())) };
    },
    async remember(digests) {
      const added = digests
        .filter(({ file, sha256 }) => file.isSettled && file.known !== sha256)
        .map(({ file: { identity }, sha256 }) => ({ identity, sha256 }));
      if (added.length === 0 || isUnwritable) return;
      try {
        await saveDigests(path, added);
      } catch (error) {
        isUnwritable = true;
        const message = `Digests could not be remembered, so that files are hashed again next time: ${messageOf(error)}`;
        onWarning?.({ code: 'DIGEST_CACHE_NOT_WRITTEN', message });
      }
    },
  };
}

/** SHA-256 of an open file, from memory where it is unchanged. Throws `SYSTEM_FILE_*`, `CORE_INTERRUPTED`. */
export async function hashOnce(
  source: FileSource,
  { digests, ...options }: HashOnceOptions,
): Promise<string> {
  const file = digests === null ? null : await digests.watch(source);
  if (file !== null && file.known !== null) {
    options.onBytes?.(source.sizeBytes);
    return file.known;
  }
  const sha256 = await hashSource(source, options);
  await source.assertUnchanged();
  if (file !== null) await digests?.remember([{ file, sha256 }]);
  return sha256;
}
