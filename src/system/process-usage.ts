/** What another process has taken: the most memory that it held, and its time on processors. */
import { readFile } from 'node:fs/promises';

/** The largest resident size so far, in bytes, mapped files included (VmHWM, proc(5)); 0 where /proc does not say. */
export async function readPeakResidentBytes(pid: number): Promise<number> {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * Time on a processor since its start, in milliseconds, of all its threads (utime and stime, proc_pid_stat(5), in hundredths of a
 * second); 0 where /proc does not say.
 */
export async function readProcessCpuMs(pid: number): Promise<number> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name stands in parentheses and may hold blanks and parentheses itself.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [userTicks = 0, systemTicks = 0] = fields.slice(11, 13);
    return (userTicks + systemTicks) * 10;
  } catch {
    return 0;
  }
}
