/** What this machine is and how much memory it can spare. */
import { readFile } from 'node:fs/promises';
import { freemem, hostname, totalmem } from 'node:os';
import process from 'node:process';

export interface MemoryFacts {
  readonly totalBytes: number;
  /** What can be had without pushing others out: `MemAvailable` on Linux, free memory elsewhere. */
  readonly availableBytes: number;
}

/** Memory of the machine, within the memory limit of our control group where there is one. */
export async function readMemory(): Promise<MemoryFacts> {
  const meminfo = await readText('/proc/meminfo');
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(meminfo ?? '')?.[1];
  const totalBytes = totalmem();
  const availableBytes = available === undefined ? freemem() : Number(available) * 1024;
  const limit = Number((await readText('/sys/fs/cgroup/memory.max'))?.trim());
  const used = Number((await readText('/sys/fs/cgroup/memory.current'))?.trim());
  if (!Number.isFinite(limit) || !Number.isFinite(used)) return { totalBytes, availableBytes };
  return {
    totalBytes: Math.min(totalBytes, limit),
    availableBytes: Math.min(availableBytes, Math.max(0, limit - used)),
  };
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
  } catch {
    return false;
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
