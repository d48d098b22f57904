/**
 * The most memory that a process and all its descendants held together: every 5 ms the highest resident sizes so far
 * (VmHWM) of those that live are added up. What they share counts for each, so it is never too little.
 */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 5;

/** Runs a command to its end. Throws where it fails. Returns bytes, and how many processes there were at once at most. */
export async function peakMemory(command, args, { env = process.env } = {}) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text) => (stderr += text));
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const state = { isRunning: true };
  void ended.finally(() => (state.isRunning = false)).catch(() => undefined);
  let peakBytes = 0;
  let processes = 0;
  while (state.isRunning) {
    const sizes = treeOf(child.pid).map(highestBytes);
    processes = Math.max(processes, sizes.filter((size) => size > 0).length);
    peakBytes = Math.max(
      peakBytes,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    await sleep(POLL_MS);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`);
  return { peakBytes, processes };
}

/** proc_pid_task(5): `children` of each thread. A process that ended meanwhile has none. */
function treeOf(pid) {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    );
    return [pid, ...children.flatMap(treeOf)];
  } catch {
    return [pid];
  }
}

function highestBytes(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
