/** What a benchmark run says of the machine that it was made on. */
import { arch, cpus, hostname, release, totalmem, type } from 'node:os';
import type { SystemInfo } from '../evidence/index.ts';

export function readSystemInfo(): SystemInfo {
  return {
    hostname: hostname(),
    platform: type(),
    platform_version: `${release()} ${arch()}`,
    python_version: null,
    cpu_info: cpus()[0]?.model ?? null,
    cpu_count: cpus().length,
    total_ram_gb: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    gpu_info: null,
    cuda_version: null,
  };
}
