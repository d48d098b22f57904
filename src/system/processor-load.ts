/** What the processors of this machine were busy with: for a measurement that wants to know whether it had them to itself. */
import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { dirname, join } from 'node:path';

export interface ProcessorLoad {
  /** Processes that ran or wanted to, over the last minute (getloadavg(3)); null where the system does not tell. */
  readonly loadAverage: number | null;
  /** Time that all processors together spent on work since the start, in milliseconds; null where the system does not tell. */
  readonly busyMs: number | null;
  /** How often a processor was slowed down, for heat or by a limit of our control group; null where the system does not tell. */
  readonly throttleCount: number | null;
  readonly processors: number;
}

/** `root` is the folder that holds `proc` and `sys`. Never throws. */
export async function readProcessorLoad({
  root = '/',
}: { readonly root?: string } = {}): Promise<ProcessorLoad> {
  const [stat, average, throttleCount] = await Promise.all([
    readText(join(root, 'proc/stat')),
    readText(join(root, 'proc/loadavg')),
    countThrottling(root),
  ]);
  return {
    loadAverage: readNumber(average, /^(\d+\.\d+) /) ?? (root === '/' ? (loadavg()[0] ?? null) : null),
    busyMs: stat === null ? null : readBusyMs(stat),
    throttleCount,
    processors: availableParallelism(),
  };
}

/**
 * The line `cpu` of proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal, in hundredths of a second. What a
 * virtual machine was not given (steal) counts as work, since somebody had it.
 */
function readBusyMs(stat: string): number | null {
  const fields = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number);
  if (fields === undefined || fields.length < 8 || !fields.every(Number.isFinite)) return null;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) * 10;
}

/** Of heat: `core_throttle_count` of every processor. Of a limit: `nr_throttled` of our control group and those above it. */
async function countThrottling(root: string): Promise<number | null> {
  const counts = [...(await readHeat(root)), ...(await readGroups(root))];
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

async function readHeat(root: string): Promise<readonly number[]> {
  const folder = join(root, 'sys/devices/system/cpu');
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^cpu\d+$/.test(name));
  const counts = await Promise.all(
    names.map(async (name) =>
      readNumber(await readText(join(folder, name, 'thermal_throttle/core_throttle_count')), /^(\d+)$/m),
    ),
  );
  return counts.flatMap((count) => count ?? []);
}

async function readGroups(root: string): Promise<readonly number[]> {
  const own = /^0::(\/.*)$/m.exec((await readText(join(root, 'proc/self/cgroup'))) ?? '')?.[1];
  if (own === undefined) return [];
  const counts: number[] = [];
  for (let group = own; ; group = dirname(group)) {
    const stat = await readText(join(root, 'sys/fs/cgroup', group, 'cpu.stat'));
    const count = readNumber(stat, /^nr_throttled (\d+)$/m);
    if (count !== null) counts.push(count);
    if (group === dirname(group)) return counts;
  }
}

function readNumber(text: string | null, pattern: RegExp): number | null {
  const found = pattern.exec(text ?? '')?.[1];
  return found === undefined ? null : Number(found);
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}
