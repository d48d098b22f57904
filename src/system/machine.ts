/** What this machine is and how much memory it can spare. */
import { readFile } from 'node:fs/promises';
import { freemem, hostname, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { isErrno } from '../core/index.ts';

export interface MemoryFacts {
  readonly totalBytes: number;
  /** What can be had without pushing others out: `MemAvailable` on Linux, free memory elsewhere. */
  readonly availableBytes: number;
}

/**
 * Memory of the machine, within the memory limits of our control group and those above it where there are any
 * (Linux cgroup-v2.rst, "Memory Interface Files"). `root` is the folder that holds `proc` and `sys`.
 */
export async function readMemory({ root = '/' }: { readonly root?: string } = {}): Promise<MemoryFacts> {
  const meminfo = await readText(join(root, 'proc/meminfo'));
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(meminfo ?? '')?.[1];
  let totalBytes = totalmem();
  let availableBytes = available === undefined ? freemem() : Number(available) * 1024;
  const mount = join(root, 'sys/fs/cgroup');
  const own = /^0::(\/.*)$/m.exec((await readText(join(root, 'proc/self/cgroup'))) ?? '')?.[1] ?? '/';
  for (let group = own; ; group = dirname(group)) {
    const room = await readGroupRoom(join(mount, group));
    if (room !== null) {
      totalBytes = Math.min(totalBytes, room.totalBytes);
      availableBytes = Math.min(availableBytes, room.availableBytes);
    }
    if (group === dirname(group)) return { totalBytes, availableBytes };
  }
}

/** Null where a group sets no limit. File pages that nobody uses count as used, but give way at once. */
async function readGroupRoom(folder: string): Promise<MemoryFacts | null> {
  const limit = Number.parseInt((await readText(join(folder, 'memory.max'))) ?? '', 10);
  const used = Number.parseInt((await readText(join(folder, 'memory.current'))) ?? '', 10);
  if (!Number.isFinite(limit) || !Number.isFinite(used)) return null;
  const stat = await readText(join(folder, 'memory.stat'));
  const idle = Number(/^inactive_file (\d+)$/m.exec(stat ?? '')?.[1] ?? 0);
  return { totalBytes: limit, availableBytes: Math.max(0, limit - Math.max(0, used - idle)) };
}

/** Who a lock or a journal line belongs to: a pid alone is reused, pid and start time within one boot are not. */
export interface ProcessFacts {
  readonly host: string;
  readonly boot_id: string | null;
  readonly pid: number;
  readonly start_time: string | null;
}

export async function readProcess(pid = process.pid): Promise<ProcessFacts> {
  return {
    host: hostname(),
    boot_id: (await readText('/proc/sys/kernel/random/boot_id'))?.trim() ?? null,
    pid,
    start_time: await readStartTime(pid),
  };
}

/** Whether the process that these facts were read from is still there. */
export async function isRunning(facts: ProcessFacts): Promise<boolean> {
  const now = await readProcess(facts.pid);
  if (facts.boot_id !== now.boot_id) return false;
  if (facts.start_time !== null) return facts.start_time === now.start_time;
  try {
    process.kill(facts.pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return isErrno(error, 'EPERM');
  }
}

async function readStartTime(pid: number): Promise<string | null> {
  const stat = await readText(`/proc/${pid}/stat`);
  // The name in parentheses may hold anything; field 22 is counted from behind it (proc(5)).
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}
