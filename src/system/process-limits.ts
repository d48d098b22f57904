/** How many files this process may open, and how much memory the machine can push out to disk. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The soft limit (proc_pid_limits(5)), which Node raises to the hard one as it starts; null where nothing says. */
export async function readOpenFilesLimit({ root = '/' }: { readonly root?: string } = {}): Promise<
  number | null
> {
  const limits = await readText(join(root, 'proc/self/limits'));
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  if (soft === undefined) return null;
  return soft === 'unlimited' ? Infinity : Number(soft);
}

/** Bytes; null where nothing says. */
export async function readSwap({ root = '/' }: { readonly root?: string } = {}): Promise<number | null> {
  const kib = /^SwapTotal:\s+(\d+) kB/m.exec(await readText(join(root, 'proc/meminfo')))?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}

function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
