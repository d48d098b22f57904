/**
 * One holder at a time. flock(2) where koffi loads: the kernel drops it with its holder, however that died. Elsewhere an
 * exclusive file, taken over only if the process it names is gone. The content only tells who.
 */
import { constants } from 'node:fs';
import { open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeText, throwIfAborted, type JsonObject } from '../core/index.ts';
import { createExclusive, makeDirectory } from './durable.ts';
import { SystemFailure, toSystemFailure } from './error.ts';
import { loadFlock, type TryFlock } from './flock.ts';
import { isRunning, readProcess, type ProcessFacts } from './machine.ts';

export interface LockOptions {
  /** What the holder is doing, for whoever has to wait. */
  readonly command: string;
  /** How long to wait for another holder; 0 refuses at once. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** Another flock(2), or null to do without one; by default what this machine has. */
  readonly flock?: TryFlock | null;
}

export type LockHolder = ProcessFacts & { readonly command: string };

const POLL_MS = 20;

/** Runs `use` while holding the lock at a path. Throws `SYSTEM_LOCK_BUSY` with the holder, or what `use` throws. */
export async function withLock<T>(path: string, options: LockOptions, use: () => Promise<T>): Promise<T> {
  const { command, waitMs = 0, signal } = options;
  await makeDirectory(dirname(path));
  const holder: LockHolder = { ...(await readProcess()), command };
  const deadline = Date.now() + waitMs;
  const flock = options.flock === undefined ? await loadFlock() : options.flock;
  const lockFile = flock === null ? `${path}.held` : path;
  for (;;) {
    throwIfAborted(signal);
    const release =
      flock === null ? await tryExclusiveFile(lockFile, holder) : await tryLock(lockFile, holder, flock);
    if (release !== null) {
      try {
        return await use();
      } finally {
        await release();
      }
    }
    if (Date.now() >= deadline) throw busy(lockFile, await readHolder(lockFile));
    await sleep(POLL_MS);
  }
}

type Release = () => Promise<void>;

async function tryLock(path: string, holder: LockHolder, flock: TryFlock): Promise<Release | null> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    // Whoever may open it may hold it; an earlier one may have been open to all.
    await handle.chmod(0o600).catch(() => undefined);
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'write' });
  }
  try {
    if (!flock(handle.fd)) {
      await handle.close();
      return null;
    }
    // The kernel holds the lock; who it is only helps whoever waits. On a full disk that must not stop a clean-up.
    await handle
      .truncate(0)
      .then(() => handle.write(`${JSON.stringify(holder)}\n`, 0))
      .catch(() => undefined);
    return async () => {
      await handle.truncate(0).catch(() => undefined);
      await handle.close();
    };
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

/** The way without koffi. */
async function tryExclusiveFile(path: string, holder: LockHolder): Promise<Release | null> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    if (await createHolderFile(path, holder)) return () => rm(path, { force: true });
    const other = await readHolder(path);
    if (other === null || (await isRunning(other))) return null;
    await rm(path, { force: true });
  }
  return null;
}

/** False where the file is there already. A file that could not be filled is removed, or it would lock for ever. */
async function createHolderFile(path: string, holder: LockHolder): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await createExclusive(path, 0o600);
  } catch (error) {
    if (error instanceof SystemFailure && error.code === 'SYSTEM_FILE_EXISTS') return false;
    throw error;
  }
  try {
    await handle.writeFile(`${JSON.stringify(holder)}\n`);
  } catch (error) {
    await rm(path, { force: true });
    throw toSystemFailure(error, { path, action: 'write' });
  } finally {
    await handle.close();
  }
  return true;
}

/** Who holds the lock at a path, as far as its content tells and that process is there; null where nobody does. */
export async function readLockHolder(path: string): Promise<LockHolder | null> {
  const holder = (await readHolder(path)) ?? (await readHolder(`${path}.held`));
  return holder !== null && (await isRunning(holder)) ? holder : null;
}

async function readHolder(path: string): Promise<LockHolder | null> {
  try {
    const text = await readFile(path, 'utf8');
    const { host, boot_id, pid, start_time, command } = JSON.parse(text) as Partial<LockHolder>;
    if (typeof pid !== 'number') return null;
    return {
      host: String(host),
      boot_id: boot_id ?? null,
      pid,
      start_time: start_time ?? null,
      command: String(command),
    };
  } catch {
    // Empty or half-written: the holder is between taking the lock and saying so.
    return null;
  }
}

function busy(path: string, holder: LockHolder | null): SystemFailure {
  const who =
    holder === null
      ? 'another process'
      : `process ${holder.pid} on ${escapeText(holder.host)} (${escapeText(holder.command)})`;
  const details: JsonObject =
    holder === null
      ? { path }
      : { path, holder_pid: holder.pid, holder_host: holder.host, holder_command: holder.command };
  return new SystemFailure('SYSTEM_LOCK_BUSY', `${escapeText(path)} is held by ${who}.`, { details });
}
