/** What the process of a served model may take. Pure. */
import type { EngineLimits } from '../engine/index.ts';
import { LOAD_BASE_MS, SERVED_MEMORY_HEADROOM, SLOWEST_DISK_BYTES_PER_MS } from './limits.ts';

export interface ModelNeeds {
  readonly sizeBytes: number;
  /** Estimated, with its context. */
  readonly memoryBytes: number;
}

/** Of loading; each answer has a time of its own. */
export function servingLimits({ sizeBytes, memoryBytes }: ModelNeeds): EngineLimits {
  return {
    memoryBytes: Math.ceil(Math.max(memoryBytes, sizeBytes) * SERVED_MEMORY_HEADROOM),
    wallMs: LOAD_BASE_MS + Math.ceil(sizeBytes / SLOWEST_DISK_BYTES_PER_MS),
  };
}
