/** What strace wrote (`-f -y -o FILE`), as calls in the order in which they ended. Pure. */

export interface Call {
  readonly thread: string;
  readonly name: string;
  /** Everything between the brackets, as it was printed. */
  readonly args: string;
  /** Absolute paths in the order in which they appear; of a descriptor, where it leads to. */
  readonly paths: readonly string[];
  /** What came after `=`; null where the thread died in the call. */
  readonly result: string | null;
}

/** Lines that are no calls (signals, ends of processes) are left out. */
export function parseTrace(text: string): readonly Call[] {
  const begun = new Map<string, { readonly name: string; readonly args: string }>();
  const calls: Call[] = [];
  for (const line of text.split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const [, unfinished, head = ''] = /^(\w+)\((.*) <unfinished \.\.\.>$/.exec(rest) ?? [];
    if (unfinished !== undefined) {
      begun.set(thread, { name: unfinished, args: head });
      continue;
    }
    const [, resumed, tail = '', end = ''] = /^<\.\.\. (\w+) resumed>(.*)\)\s+= (.*)$/.exec(rest) ?? [];
    const open = begun.get(thread);
    if (resumed !== undefined && open !== undefined) {
      begun.delete(thread);
      calls.push(toCall(thread, { name: resumed, args: `${open.args}${tail}`, result: end }));
      continue;
    }
    const [, name, args = '', result = ''] = /^(\w+)\((.*)\)\s+= (.*)$/.exec(rest) ?? [];
    if (name !== undefined) calls.push(toCall(thread, { name, args, result }));
  }
  for (const [thread, { name, args }] of begun) calls.push(toCall(thread, { name, args, result: null }));
  return calls;
}

/** Whether the kernel did what was asked; what is unknown, and what strace answered in its place, it did not. */
export function isDone({ result }: Call): boolean {
  return result !== null && !result.startsWith('-1') && !result.startsWith('?') && !isInjected({ result });
}

export function isInjected({ result }: Pick<Call, 'result'>): boolean {
  return result?.includes('(INJECTED)') === true;
}

/** Calls that change what a file system holds, or whether it lasts. `openat` counts where it makes or empties a file. */
export const MUTATING_CALLS = [
  'open',
  'openat',
  'creat',
  'mkdir',
  'mkdirat',
  'rmdir',
  'rename',
  'renameat',
  'renameat2',
  'link',
  'linkat',
  'symlink',
  'symlinkat',
  'unlink',
  'unlinkat',
  'write',
  'writev',
  'pwrite64',
  'pwritev',
  'pwritev2',
  'truncate',
  'ftruncate',
  'fallocate',
  'copy_file_range',
  'ioctl',
  'fsync',
  'fdatasync',
  'sync_file_range',
  'chmod',
  'fchmod',
  'fchmodat',
  'chown',
  'fchown',
  'fchownat',
  'lchown',
  'utimensat',
] as const;

export function isMutating({ name, args }: Call): boolean {
  if (name === 'open' || name === 'openat') return /O_CREAT|O_TRUNC|O_TMPFILE/.test(args);
  if (name === 'ioctl') return args.includes('FICLONE');
  return (MUTATING_CALLS as readonly string[]).includes(name);
}

export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function toCall(thread: string, { name, args, result }: Pick<Call, 'name' | 'args' | 'result'>): Call {
  return { thread, name, args, paths: pathsOf(args), result };
}

/** Quoted texts and what `-y` adds to descriptors; the current folder of `AT_FDCWD` is nobody's argument. */
function pathsOf(args: string): string[] {
  return [...args.matchAll(/AT_FDCWD<[^>]*>|\d+<(\/[^>]*)>|"(\/(?:[^"\\]|\\.)*)"/g)].flatMap(
    ([, descriptor, quoted]) => descriptor ?? quoted ?? [],
  );
}
