/**
 * The file in which digests are remembered: read only if nobody else can have written it, replaced as a whole under a
 * lock, and never longer than it may be. One entry for each inode, the one remembered last at the end.
 */
import process from 'node:process';
import {
  formatJson,
  isJsonObject,
  messageOf,
  parseJson,
  type JsonObject,
  type JsonValue,
} from '../core/index.ts';
import { writeFileAtomic } from './durable.ts';
import { SystemFailure } from './error.ts';
import { openFileSource, type FileIdentity, type FileSource } from './file-source.ts';
import { MAX_CACHE_LOCK_WAIT_MS, MAX_DIGEST_CACHE_BYTES, MAX_REMEMBERED_DIGESTS } from './limits.ts';
import { withLock } from './lock.ts';

export interface RememberedDigest {
  readonly identity: FileIdentity;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** By {@link inodeOf}, oldest first. */
export type RememberedDigests = ReadonlyMap<string, RememberedDigest>;

export interface LoadedDigests {
  readonly digests: RememberedDigests;
  /** Why the file was not believed; null where it was, or where there is none. */
  readonly ignored: string | null;
}

const FORMAT = 1;

export function inodeOf({ dev, ino }: FileIdentity): string {
  return `${dev}:${ino}`;
}

/** Never throws: what cannot be believed is the same as nothing. */
export async function loadDigests(path: string): Promise<LoadedDigests> {
  try {
    const source = await openFileSource(path, { followLinks: false });
    try {
      return { digests: await readDigests(source), ignored: null };
    } finally {
      await source.close();
    }
  } catch (error) {
    const isMissing = error instanceof SystemFailure && error.code === 'SYSTEM_FILE_MISSING';
    return { digests: new Map(), ignored: isMissing ? null : messageOf(error) };
  }
}

/** Adds to what other processes have written meanwhile. Throws `SYSTEM_*`; the old file stays then. */
export async function saveDigests(path: string, added: readonly RememberedDigest[]): Promise<void> {
  const lock = { command: 'milton', waitMs: MAX_CACHE_LOCK_WAIT_MS };
  await withLock(`${path}.lock`, lock, async () => {
    const digests = new Map((await loadDigests(path)).digests);
    for (const digest of added) {
      const inode = inodeOf(digest.identity);
      // To the end, also where it was there already.
      digests.delete(inode);
      digests.set(inode, digest);
    }
    const kept = [...digests.values()].slice(-MAX_REMEMBERED_DIGESTS);
    await writeFileAtomic(path, formatJson({ format: FORMAT, digests: kept.map(toJson) }), { mode: 0o600 });
  });
}

async function readDigests(source: FileSource): Promise<RememberedDigests> {
  await assertOurs(source);
  if (source.sizeBytes > MAX_DIGEST_CACHE_BYTES) {
    throw unfit(source, `it has ${source.sizeBytes} bytes, and at most ${MAX_DIGEST_CACHE_BYTES} are kept`);
  }
  const bytes = await source.read(0, source.sizeBytes);
  return parseDigests(parseJson(bytes, { name: source.name, maxBytes: MAX_DIGEST_CACHE_BYTES }), source);
}

/** Whoever may write the file could have any bytes shown as unchanged. */
async function assertOurs(source: FileSource): Promise<void> {
  const user = process.getuid?.();
  // Windows has neither owner nor mode.
  if (user === undefined) return;
  const { uid, mode } = await source.handle.stat();
  if (uid !== user) throw unfit(source, `it belongs to user ${uid}, and this is user ${user}`);
  if ((mode & 0o022) !== 0) throw unfit(source, 'others than its owner may write it');
}

function parseDigests(value: JsonValue, source: FileSource): RememberedDigests {
  const list = isJsonObject(value) && value['format'] === FORMAT ? value['digests'] : null;
  if (!Array.isArray(list) || list.length > MAX_REMEMBERED_DIGESTS)
    throw unfit(source, 'it has another form');
  const digests = new Map<string, RememberedDigest>();
  for (const item of list as readonly JsonValue[]) {
    const digest = parseDigest(item);
    if (digest === null || digests.has(inodeOf(digest.identity))) {
      throw unfit(source, `entry ${digests.size} is none`);
    }
    digests.set(inodeOf(digest.identity), digest);
  }
  return digests;
}

/** 64-bit numbers are texts: JSON readers round them. */
function toJson({ identity, sha256 }: RememberedDigest): JsonObject {
  return {
    dev: String(identity.dev),
    ino: String(identity.ino),
    size_bytes: identity.sizeBytes,
    mtime_ns: String(identity.mtimeNs),
    ctime_ns: String(identity.ctimeNs),
    sha256,
  };
}

function parseDigest(value: JsonValue): RememberedDigest | null {
  if (!isJsonObject(value)) return null;
  const { dev, ino, size_bytes: sizeBytes, mtime_ns: mtimeNs, ctime_ns: ctimeNs, sha256 } = value;
  const whole = [dev, ino, mtimeNs, ctimeNs].map(toWhole);
  if (whole.includes(null) || typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes)) return null;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return null;
  const [devNo = 0n, inoNo = 0n, mtime = 0n, ctime = 0n] = whole as bigint[];
  return { identity: { dev: devNo, ino: inoNo, sizeBytes, mtimeNs: mtime, ctimeNs: ctime }, sha256 };
}

function toWhole(value: JsonValue | undefined): bigint | null {
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : null;
}

function unfit({ name }: FileSource, reason: string): Error {
  return new Error(`${name} cannot be believed: ${reason}.`);
}
