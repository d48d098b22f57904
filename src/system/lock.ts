/**
 * One holder at a time. flock(2) where koffi loads: the kernel drops it with its holder, however that died. Elsewhere an
 * exclusive file, taken over only if the process it names is gone. The content only tells who.
 */
import { constants } from 'node:fs';
import { open, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno, throwIfAborted, type JsonObject } from '../core/index.ts';
import { makeDirectory } from './durable.ts';
import { SystemFailure, toSystemFailure } from './error.ts';
import { loadFlock, type TryFlock } from './flock.ts';
import { isRunning, readProcess, type ProcessFacts } from './machine.ts';

export interface LockOptions {
  /** What the holder is doing, for whoever has to wait. */
  readonly command: string;
  /** How long to wait for another holder; 0 refuses at once. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

type LockHolder = ProcessFacts & { readonly command: string };

const POLL_MS = 20;

/** Runs `use` while holding the lock at a path. Throws `SYSTEM_LOCK_BUSY` with the holder, or what `use` throws. */
export async function withLock<T>(path: string, options: LockOptions, use: () => Promise<T>): Promise<T> {
  const { command, waitMs = 0, signal } = options;
  await makeDirectory(dirname(path));
  const holder: LockHolder = { ...(await readProcess()), command };
  const deadline = Date.now() + waitMs;
  const flock = await loadFlock();
  for (;;) {
    throwIfAborted(signal);
    const release =
      flock === null ? await tryExclusiveFile(`${path}.held`, holder) : await tryLock(path, holder, flock);
    if (release !== null) {
      try {
        return await use();
      } finally {
        await release();
      }
    }
    if (Date.now() >= deadline) throw busy(path, await readHolder(path));
    await sleep(POLL_MS);
  }
}

type Release = () => Promise<void>;

async function tryLock(path: string, holder: LockHolder, flock: TryFlock): Promise<Release | null> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'write' });
  }
  try {
    if (!flock(handle.fd)) {
      await handle.close();
      return null;
    }
    await handle.truncate(0);
    await handle.write(`${JSON.stringify(holder)}\n`, 0);
    return async () => {
      await handle.truncate(0).catch(() => undefined);
      await handle.close();
    };
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

/** The way without koffi. Exported for its test. */
export async function tryExclusiveFile(path: string, holder: LockHolder): Promise<Release | null> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await writeFile(path, `${JSON.stringify(holder)}\n`, { flag: 'wx', mode: 0o644 });
      return () => rm(path, { force: true });
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const other = await readHolder(path);
    if (other === null || (await isRunning(other))) return null;
    await rm(path, { force: true });
  }
  return null;
}

async function readHolder(path: string): Promise<LockHolder | null> {
  try {
    const text = await readFile(path, 'utf8');
    const value = JSON.parse(text) as Partial<LockHolder>;
    return typeof value.pid === 'number' ? (value as LockHolder) : null;
  } catch {
    // Empty or half-written: the holder is between taking the lock and saying so.
    return null;
  }
}

function busy(path: string, holder: LockHolder | null): SystemFailure {
  const who =
    holder === null ? 'another process' : `process ${holder.pid} on ${holder.host} (${holder.command})`;
  const details: JsonObject =
    holder === null
      ? { path }
      : { path, holder_pid: holder.pid, holder_host: holder.host, holder_command: holder.command };
  return new SystemFailure('SYSTEM_LOCK_BUSY', `${path} is held by ${who}.`, { details });
}
