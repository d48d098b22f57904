/** A lock where there is no flock(2): a file that appears whole, with who holds it, and is removed only by whoever made it, or for the dead. */
import { link, lstat, rm } from 'node:fs/promises';
import { isErrno } from '../core/index.ts';
import { hashBytes } from './digest.ts';
import { createExclusive, temporaryName } from './durable.ts';
import { toSystemFailure } from './error.ts';
import { readHolder, type LockHolder } from './lock-holder.ts';
import { isRunning } from './machine.ts';

/** What gives the lock back; null where somebody else holds it. */
export async function tryLockFile(path: string, holder: LockHolder): Promise<(() => Promise<void>) | null> {
  if (await isThere(path)) {
    const other = await readHolder(path);
    if (other === null || (await isRunning(other))) return null;
    if (!(await removeForDead(path, other, holder))) return null;
  }
  return (await createHolderFile(path, holder)) ? () => rm(path, { force: true }) : null;
}

/**
 * Of two that see a dead holder, the slower would remove the file of the faster. So a dead holder's file is only removed under
 * a lock of its own, after another look; who dies there is dealt with in the same way.
 */
async function removeForDead(path: string, dead: LockHolder, holder: LockHolder): Promise<boolean> {
  const release = await tryLockFile(`${path}.${nameOf(dead)}`, holder);
  if (release === null) return false;
  try {
    const now = await readHolder(path);
    if (now !== null && nameOf(now) === nameOf(dead)) await rm(path, { force: true });
    return true;
  } finally {
    await release();
  }
}

function nameOf({ host, boot_id, pid, start_time }: LockHolder): string {
  return hashBytes(JSON.stringify([host, boot_id, pid, start_time])).slice(0, 12);
}

/** False where the file is there already. It has its content before it has its name: an empty one would lock for ever. */
async function createHolderFile(path: string, holder: LockHolder): Promise<boolean> {
  const temporary = temporaryName(path);
  const handle = await createExclusive(temporary, 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(holder)}\n`);
    await link(temporary, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw toSystemFailure(error, { path, action: 'write' });
  } finally {
    await handle.close();
    await rm(temporary, { force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw toSystemFailure(error, { path, action: 'read' });
  }
}
