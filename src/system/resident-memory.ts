/** How much memory another process has held at most. */
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
