/** Finds and kills what is left of a contained process: its group, and descendants that left the group. */
import { readdir, readFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import { isErrno } from '../core/index.ts';
import { MARK_VARIABLE } from './contained-launcher.ts';

/** Kills a whole process group. False where nothing of it is left. */
export function killGroup(groupId: number): boolean {
  return kill(-groupId);
}

/**
 * Kills the group and every process that carries the mark, until none of them runs: a moment, since a killed process
 * runs no more code of its own.
 */
export async function killEverything(groupId: number, mark: string): Promise<void> {
  let someLeft = killGroup(groupId);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (process.platform === 'linux') {
      const left = await findLeft(groupId, mark);
      for (const pid of left) kill(pid);
      someLeft = left.length > 0;
    } else if (someLeft) {
      someLeft = killGroup(groupId);
    }
    if (!someLeft) return;
    await sleep(ROUND_PAUSE_MS);
  }
}

/** Processes of the group, or with the mark in their environment. Those of other users keep theirs to themselves. */
async function findLeft(groupId: number, mark: string): Promise<number[]> {
  const wanted = Buffer.from(`${MARK_VARIABLE}=${mark}\0`);
  const left: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    try {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8');
      // The name in parentheses may hold anything; behind it stand state, parent, group (proc(5)).
      const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // The dead that nobody buried yet (Z, X) run no more.
      if (state === 'Z' || state === 'X') continue;
      const found = Number(group) === groupId || (await readFile(`/proc/${name}/environ`)).includes(wanted);
      if (found) left.push(Number(name));
    } catch {
      // Gone meanwhile, or not ours to read: then not ours to kill.
    }
  }
  return left;
}

function kill(id: number): boolean {
  try {
    process.kill(id, 'SIGKILL');
    return true;
  } catch (error) {
    // EPERM: what lives there belongs to somebody else by now (and macOS says so of the dead).
    return !isErrno(error, 'ESRCH', 'EPERM');
  }
}

/** A process that the kernel cannot end (stuck in a dead disk's driver) must not hang us too: about one second. */
const MAX_ROUNDS = 100;
const ROUND_PAUSE_MS = 10;
