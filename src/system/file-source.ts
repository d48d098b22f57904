/**
 * A file on disk as a byte source: opened once, never by name again, and regular (a pipe or a device would hang or
 * never end).
 */
import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { assertRange, CoreFailure, escapeText, type ByteSource } from '../core/index.ts';
import { SystemFailure, toSystemFailure } from './error.ts';

/** What tells that a file is still the one that was read, without reading it again. */
export interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export interface FileSource extends ByteSource {
  readonly path: string;
  readonly identity: FileIdentity;
  /** The open descriptor, for code that copies or clones by descriptor. */
  readonly handle: FileHandle;
  /** Throws `SYSTEM_FILE_CHANGED` if the file is no longer as it was when it was opened. */
  assertUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a regular file for reading. Throws `SYSTEM_FILE_MISSING`, `SYSTEM_FILE_UNREADABLE`, `SYSTEM_FILE_NOT_REGULAR`.
 * `followLinks: false` refuses a symbolic link as the last component.
 */
export async function openFileSource(
  path: string,
  { followLinks = true }: { readonly followLinks?: boolean } = {},
): Promise<FileSource> {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (followLinks ? 0 : constants.O_NOFOLLOW);
  let handle: FileHandle;
  try {
    handle = await open(path, flags);
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw notRegular(path, stats.isDirectory());
    return fileSource(path, handle, toIdentity(stats));
  } catch (error) {
    await handle.close();
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

/** Opens, hands over, and closes whatever happens. */
export async function withFileSource<T>(path: string, use: (source: FileSource) => Promise<T>): Promise<T> {
  const source = await openFileSource(path);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

/** The identity of the file at a path, or null where there is none. */
export async function fileIdentity(path: string): Promise<FileIdentity | null> {
  try {
    return toIdentity(await stat(path, { bigint: true }));
  } catch (error) {
    const failure = toSystemFailure(error, { path, action: 'read' });
    if (failure instanceof SystemFailure && failure.code === 'SYSTEM_FILE_MISSING') return null;
    throw failure;
  }
}

export function sameIdentity(a: FileIdentity | null, b: FileIdentity | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.dev === b.dev &&
    a.ino === b.ino &&
    a.sizeBytes === b.sizeBytes &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs
  );
}

function fileSource(path: string, handle: FileHandle, identity: FileIdentity): FileSource {
  const name = escapeText(path);
  return {
    name,
    path,
    identity,
    handle,
    sizeBytes: identity.sizeBytes,
    async read(offset, length, into) {
      assertRange({ name, sizeBytes: identity.sizeBytes }, offset, length);
      const buffer = into ?? Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await readSome(handle, buffer, done, length - done, offset + done, path);
        if (bytesRead === 0) {
          throw new CoreFailure('CORE_SOURCE_SHORT', `${name} became shorter while it was read.`, {
            details: { expected: `${identity.sizeBytes} bytes`, received: `${offset + done} bytes` },
          });
        }
        done += bytesRead;
      }
      return buffer.subarray(0, length);
    },
    async assertUnchanged() {
      const now = toIdentity(await handle.stat({ bigint: true }));
      if (sameIdentity(now, identity)) return;
      throw new SystemFailure('SYSTEM_FILE_CHANGED', `${name} was changed while it was being read.`, {
        details: {
          path,
          expected: `${identity.sizeBytes} bytes, modified ${identity.mtimeNs}`,
          received: `${now.sizeBytes} bytes, modified ${now.mtimeNs}`,
        },
      });
    },
    close: () => handle.close(),
  };
}

async function readSome(
  handle: FileHandle,
  buffer: Uint8Array,
  at: number,
  length: number,
  position: number,
  path: string,
): Promise<{ bytesRead: number }> {
  try {
    return await handle.read(buffer, at, length, position);
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
}

function toIdentity(stats: {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
}): FileIdentity {
  return {
    dev: stats.dev,
    ino: stats.ino,
    sizeBytes: Number(stats.size),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
  };
}

function notRegular(path: string, isDirectory: boolean): SystemFailure {
  return new SystemFailure(
    'SYSTEM_FILE_NOT_REGULAR',
    `${escapeText(path)} is ${isDirectory ? 'a folder' : 'a pipe, socket or device'}, not a file.`,
    { details: { path, expected: 'a regular file', received: isDirectory ? 'a folder' : 'a special file' } },
  );
}
