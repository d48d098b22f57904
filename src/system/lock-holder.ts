/** Who holds a lock, as the lock's file tells it. */
import { readFile } from 'node:fs/promises';
import type { ProcessFacts } from './machine.ts';

export type LockHolder = ProcessFacts & { readonly command: string };

/** Null where the file is not there, or does not say. */
export async function readHolder(path: string): Promise<LockHolder | null> {
  try {
    const text = await readFile(path, 'utf8');
    const { host, boot_id, pid, start_time, command } = JSON.parse(text) as Partial<LockHolder>;
    if (typeof pid !== 'number') return null;
    return {
      host: String(host),
      boot_id: boot_id ?? null,
      pid,
      start_time: start_time ?? null,
      command: String(command),
    };
  } catch {
    // Empty or half-written: the holder is between taking the lock and saying so.
    return null;
  }
}
