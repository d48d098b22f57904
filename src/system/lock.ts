/**
 * One holder at a time. flock(2) where koffi loads: the kernel drops it with its holder, however that died. Elsewhere an
 * exclusive file, taken over only if the process it names is gone. The content only tells who.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeText, throwIfAborted, type JsonObject } from '../core/index.ts';
import { makeDirectory } from './durable.ts';
import { SystemFailure, toSystemFailure } from './error.ts';
import { loadFlock, type TryFlock } from './flock.ts';
import { tryLockFile } from './lock-file.ts';
import { readHolder, type LockHolder } from './lock-holder.ts';
import { isRunning, readProcess } from './machine.ts';

export interface LockOptions {
  /** What the holder is doing, for whoever has to wait. */
  readonly command: string;
  /** How long to wait for another holder; 0 refuses at once. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
  /** Another flock(2), or null to do without one; by default what this machine has. */
  readonly flock?: TryFlock | null;
}

const POLL_MS = 20;
/** On a machine under load: whoever is refused has a fifth of a second to learn by whom. */
const MAX_LOOKS = 10;

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
      flock === null ? await tryLockFile(lockFile, holder) : await tryLock(lockFile, holder, flock);
    if (release !== null) {
      try {
        return await use();
      } finally {
        await release();
      }
    }
    if (Date.now() >= deadline) throw busy(lockFile, await readRunningHolder(lockFile));
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

/** Who holds the lock at a path, as far as its content tells and that process is there; null where nobody does. */
export async function readLockHolder(path: string): Promise<LockHolder | null> {
  const holder = (await readHolder(path)) ?? (await readHolder(`${path}.held`));
  return holder !== null && (await isRunning(holder)) ? holder : null;
}

/** A holder says who it is a moment after it has the lock; until then the file is empty, or names one before it. */
async function readRunningHolder(path: string): Promise<LockHolder | null> {
  let holder: LockHolder | null = null;
  for (let turn = 0; turn < MAX_LOOKS; turn += 1) {
    holder = await readHolder(path);
    if (holder !== null && (await isRunning(holder))) return holder;
    await sleep(POLL_MS);
  }
  return holder;
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
