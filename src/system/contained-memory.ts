/** How near a process came to its memory limit: one that crashes at the limit often cannot say why any more. */
import { readFile } from 'node:fs/promises';

export interface MemoryWatch {
  /** The most private writable memory that was seen (VmData, which RLIMIT_DATA limits); 0 where /proc does not say. */
  peakDataBytes(): number;
  stop(): void;
}

export function watchMemory(
  pid: number,
  { isService = false }: { readonly isService?: boolean } = {},
): MemoryWatch {
  let peak = 0;
  const timer = setInterval(
    () => {
      void readDataBytes(pid).then((bytes) => (peak = Math.max(peak, bytes)));
    },
    isService ? SERVICE_SAMPLE_MS : SAMPLE_MS,
  );
  timer.unref();
  return { peakDataBytes: () => peak, stop: () => clearInterval(timer) };
}

async function readDataBytes(pid: number): Promise<number> {
  try {
    const kib = /^VmData:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Often enough to see a heap grow, seldom enough to cost nothing. */
const SAMPLE_MS = 25;
/** For days on end: a look costs some 50 µs. */
const SERVICE_SAMPLE_MS = 1000;
