/** Judges a directory in a process of its own, so that what it takes can be held to a bound. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CHECK = fileURLToPath(new URL('../fixtures/hf-check.mjs', import.meta.url));

/** A bound on hostile input, for one process that may have to share its core; not a measurement. */
export const MAX_CHECK_CPU_MS = 2_000;
export const MAX_CHECK_MEMORY_BYTES = 200_000_000;

export interface CheckOutcome {
  /** Null where the directory was accepted. */
  readonly code: string | null;
  readonly details: Readonly<Record<string, unknown>> | null;
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

export async function checkInProcess(folder: string): Promise<CheckOutcome> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHECK, folder]);
  return JSON.parse(stdout) as CheckOutcome;
}
