/**
 * Which files the processes of this machine have open, mapped into memory, or stand in, by device and inode: a file is found
 * whichever of its names, links or containers it was opened through (proc_pid_fd(5), proc_pid_maps(5), proc_pid_cwd(5)).
 */
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { isErrno } from '../core/index.ts';

export interface OpenFilesQuery {
  /** `<device>:<inode>` as stat(2) gives them, decimal. */
  readonly keys: ReadonlySet<string>;
  /**
   * Absolute folders, links resolved. What is mapped from below them is found by its path too: on some file systems (btrfs,
   * overlayfs) the kernel names another device there than stat(2) does.
   */
  readonly below: readonly string[];
  /** Where the process table is. */
  readonly proc?: string;
}

export interface OpenFile {
  readonly pid: number;
  /** The name of the program, as far as the kernel keeps it: 15 bytes. */
  readonly command: string;
  readonly key: string;
  /** As the kernel names it, which in a container may be another path. */
  readonly path: string;
}

export interface OpenFiles {
  readonly files: readonly OpenFile[];
  /** Processes of others, whose files are not ours to see; null where the system has no such table. */
  readonly unseenProcesses: number | null;
}

/** Never throws: what cannot be seen is counted. */
export async function findOpenFiles(query: OpenFilesQuery): Promise<OpenFiles> {
  const { proc = '/proc' } = query;
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^[1-9][0-9]*$/.test(name));
  if (pids.length === 0) return { files: [], unseenProcesses: null };
  const files: OpenFile[] = [];
  let unseenProcesses = 0;
  for (const pid of pids) {
    const found = await readFound(`${proc}/${pid}`, query);
    if (found === null) unseenProcesses += (await isProgram(`${proc}/${pid}`)) ? 1 : 0;
    else if (found.length > 0) {
      const command = (await readFile(`${proc}/${pid}/comm`, 'utf8').catch(() => '')).trimEnd();
      files.push(...found.map((file) => ({ ...file, pid: Number(pid), command })));
    }
  }
  return { files, unseenProcesses };
}

type Found = Pick<OpenFile, 'key' | 'path'>;

/** Null where the process does not let us look. One that ended meanwhile uses nothing. */
async function readFound(process: string, query: OpenFilesQuery): Promise<readonly Found[] | null> {
  try {
    const fds = (await readdir(`${process}/fd`)).map((fd) => `${process}/fd/${fd}`);
    const found: Found[] = [];
    for (const link of [`${process}/cwd`, `${process}/root`, ...fds]) {
      const file = await followLink(link, query);
      if (file !== null) found.push(file);
    }
    return [...found, ...findMapped(await readFile(`${process}/maps`, 'utf8'), query)];
  } catch (error) {
    return isErrno(error, 'ENOENT', 'ESRCH') ? [] : null;
  }
}

async function followLink(link: string, { keys }: OpenFilesQuery): Promise<Found | null> {
  try {
    const { dev, ino } = await stat(link, { bigint: true });
    const key = `${dev}:${ino}`;
    return keys.has(key) ? { key, path: await readlink(link) } : null;
  } catch (error) {
    // Closed since, a socket of a kind that has no inode, or a file on a server that is gone.
    if (isErrno(error, 'EACCES', 'EPERM')) throw error;
    return null;
  }
}

/** `address perms offset major:minor inode   path` */
function findMapped(maps: string, { keys, below }: OpenFilesQuery): Found[] {
  const found = new Map<string, Found>();
  for (const line of maps.split('\n')) {
    const [, major, minor, inode, path] = MAPPED_FILE.exec(line) ?? [];
    if (major === undefined || minor === undefined || inode === undefined || path === undefined) continue;
    const key = `${toDevice(major, minor)}:${inode}`;
    if (keys.has(key) || below.some((folder) => path.startsWith(`${folder}/`)))
      found.set(path, { key, path });
  }
  return [...found.values()];
}

const MAPPED_FILE = /^\S+ \S+ \S+ ([0-9a-f]+):([0-9a-f]+) ([1-9][0-9]*) +(\/.*)$/;

/** makedev(3): how the two numbers make the one that stat(2) gives. */
function toDevice(majorHex: string, minorHex: string): bigint {
  const major = BigInt(`0x${majorHex}`);
  const minor = BigInt(`0x${minorHex}`);
  return ((major & ~0xfffn) << 32n) | ((major & 0xfffn) << 8n) | ((minor & ~0xffn) << 12n) | (minor & 0xffn);
}

/** Not a thread of the kernel (PF_KTHREAD, the ninth field of proc_pid_stat(5)), and not dead already. */
async function isProgram(process: string): Promise<boolean> {
  const text = await readFile(`${process}/stat`, 'utf8').catch(() => null);
  if (text === null) return false;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const isKernelThread = (Number(fields[6]) & 0x00200000) !== 0;
  return !isKernelThread && fields[0] !== 'Z';
}
