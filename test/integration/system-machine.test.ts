import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  findFolder,
  isMountPoint,
  isRunning,
  readFileSystem,
  readMemory,
  readProcess,
} from '../../src/system/index.ts';
import { runScript, skipLoudly } from './system-child.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'milton-machine-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('readFileSystem', () => {
  it('gives the room that df gives', async () => {
    const facts = await readFileSystem(folder);
    const { blocks, bsize } = statfsSync(folder);
    expect(facts.totalBytes).toBe(blocks * bsize);
    expect(facts.freeBytes).toBeGreaterThan(0);
    expect(facts.freeBytes).toBeLessThanOrEqual(facts.totalBytes);
  });

  it('knows the pseudo file systems of Linux by name', async () => {
    expect(await readFileSystem('/proc')).toMatchObject({
      type: 'proc',
      isNetwork: false,
      maxFileBytes: null,
    });
  });

  it('names a path that is missing', async () => {
    await expect(readFileSystem(join(folder, 'no'))).rejects.toMatchObject({ code: 'SYSTEM_FILE_MISSING' });
  });

  it('tells whether two paths draw on the same room', async (context) => {
    await withMount(context, join(folder, 'disk'), async (mount) => {
      mkdirSync(join(mount, 'below'));
      const [inside, below, outside, beside] = await Promise.all(
        [mount, join(mount, 'below'), folder, tmpdir()].map(async (path) => (await readFileSystem(path)).id),
      );
      expect(inside).toBe(below);
      expect(inside).not.toBe(outside);
      expect(outside).toBe(beside);
    });
  });

  it('knows a mount at a path, below it, with spaces in its name, and through a link', async (context) => {
    await withMount(context, join(folder, 'a small\tdisk'), async (mount) => {
      mkdirSync(join(mount, 'below'));
      symlinkSync(join(mount, 'below'), join(folder, 'link'));
      for (const path of [mount, join(mount, 'below'), join(folder, 'link')]) {
        expect(await readFileSystem(path)).toMatchObject({
          type: 'tmpfs',
          hasSymbolicLinks: true,
          totalBytes: 65_536,
        });
      }
    });
  });
});

describe('findFolder', () => {
  it('gives what is there, or the nearest above that is', async () => {
    expect(await findFolder(folder)).toBe(folder);
    expect(await findFolder(join(folder, 'no/such/place'))).toBe(folder);
  });

  it('does not look past a file in the way', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(findFolder(join(folder, 'file/below'))).rejects.toMatchObject({
      code: 'SYSTEM_FILE_MISSING',
    });
  });
});

describe('isMountPoint', () => {
  it('is true for /proc and false for a plain folder or file', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(await isMountPoint('/')).toBe(true);
    expect(await isMountPoint('/proc')).toBe(true);
    expect(await isMountPoint(folder)).toBe(false);
    expect(await isMountPoint(join(folder, 'file'))).toBe(false);
  });

  it('is false for a link to a mount point: replacing the link harms nobody', async () => {
    symlinkSync('/proc', join(folder, 'link'));
    expect(await isMountPoint(join(folder, 'link'))).toBe(false);
  });

  it('sees a mount through a link above it, and a folder bound to its own file system', async (context) => {
    mkdirSync(join(folder, 'real/target'), { recursive: true });
    symlinkSync('real', join(folder, 'alias'));
    await withMount(context, join(folder, 'real/target'), async () => {
      expect(await isMountPoint(join(folder, 'alias/target'))).toBe(true);
    });
    await withMount(
      context,
      join(folder, 'real/target'),
      async () => {
        expect(await isMountPoint(join(folder, 'alias/target'))).toBe(true);
      },
      ['--bind', join(folder, 'real')],
    );
  });

  it('names a path that is missing', async () => {
    await expect(isMountPoint(join(folder, 'no'))).rejects.toMatchObject({ code: 'SYSTEM_FILE_MISSING' });
  });
});

const GIB = 2 ** 30;

describe('readMemory', () => {
  it('agrees with the kernel', async () => {
    const memory = await readMemory();
    expect(memory.totalBytes).toBeLessThanOrEqual(totalmem());
    expect(memory.availableBytes).toBeGreaterThan(0);
    expect(memory.availableBytes).toBeLessThanOrEqual(memory.totalBytes);
  });

  it('reads MemAvailable where no group sets a limit', async () => {
    place('proc/meminfo', 'MemTotal: 9 kB\nMemAvailable:    2048 kB\n');
    place('sys/fs/cgroup/memory.max', 'max\n');
    expect(await readMemory({ root: folder })).toEqual({ totalBytes: totalmem(), availableBytes: 2_097_152 });
  });

  it('keeps within the limit of our group, and counts idle file pages as free', async () => {
    place('proc/meminfo', `MemAvailable: ${(totalmem() / 1024).toFixed(0)} kB\n`);
    place('proc/self/cgroup', '0::/system.slice/milton.service\n');
    place('sys/fs/cgroup/system.slice/milton.service/memory.max', String(GIB / 2));
    place('sys/fs/cgroup/system.slice/milton.service/memory.current', String(GIB / 2));
    place(
      'sys/fs/cgroup/system.slice/milton.service/memory.stat',
      `anon 5\ninactive_file ${GIB / 4}\nslab 1\n`,
    );
    expect(await readMemory({ root: folder })).toEqual({ totalBytes: GIB / 2, availableBytes: GIB / 4 });
  });

  it('keeps within the limit of a group above ours', async () => {
    place('proc/meminfo', `MemAvailable: ${(totalmem() / 1024).toFixed(0)} kB\n`);
    place('proc/self/cgroup', '0::/box/inner\n');
    place('sys/fs/cgroup/box/memory.max', String(GIB / 8));
    place('sys/fs/cgroup/box/memory.current', String(GIB));
    place('sys/fs/cgroup/box/inner/memory.max', 'max\n');
    expect(await readMemory({ root: folder })).toEqual({ totalBytes: GIB / 8, availableBytes: 0 });
  });
});

describe('readProcess and isRunning', () => {
  it('name this process', async () => {
    const me = await readProcess();
    expect(me).toMatchObject({ host: hostname(), pid: process.pid });
    expect(me.boot_id).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    expect(me.start_time).toMatch(/^\d+$/);
    expect(await isRunning(me)).toBe(true);
  });

  it('tell a process from a later one that got its number, and from one before a restart', async () => {
    const me = await readProcess();
    expect(await isRunning({ ...me, start_time: '1' })).toBe(false);
    expect(await isRunning({ ...me, boot_id: 'another' })).toBe(false);
  });

  it('see a process end', async () => {
    const child = spawn('sleep', ['60']);
    const facts = await readProcess(child.pid);
    expect(await isRunning(facts)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await isRunning(facts)).toBe(false);
    expect(await isRunning({ ...facts, start_time: null })).toBe(false);
  });

  it('believe in a process of another user, of which only the number is known', async () => {
    const output = await runScript(`
      const init = { ...(await system.readProcess(1)), start_time: null };
      if (process.getuid() === 0) process.setuid(65534);
      console.log(await system.isRunning(init));`);
    expect(output).toBe('true\n');
  });

  it('read a name that is made to confuse', async () => {
    const child = spawn('bash', ['-c', 'printf ") R 1 (" > /proc/self/comm; echo ready; sleep 60; true'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    await once(child.stdout, 'data');
    const facts = await readProcess(child.pid);
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await once(child, 'close');
    expect(Number(facts.start_time)).toBeGreaterThan(1000);
  });
});

async function withMount(
  context: Parameters<typeof skipLoudly>[0],
  path: string,
  use: (path: string) => Promise<void>,
  how: readonly string[] = ['-t', 'tmpfs', '-o', 'size=64k', 'none'],
): Promise<void> {
  mkdirSync(path, { recursive: true });
  if (spawnSync('mount', [...how, path]).status !== 0)
    skipLoudly(context, 'mounting a file system needs root');
  try {
    await use(path);
  } finally {
    spawnSync('umount', [path]);
  }
}

/** A file of a pretended /proc or /sys. */
function place(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
