import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createExclusive,
  makeDirectory,
  replaceLink,
  syncDirectory,
  writeFileAtomic,
} from '../../src/system/index.ts';
import { BECOME_NOBODY, runScript, skipLoudly } from './system-child.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'milton-durable-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('writeFileAtomic', () => {
  it('creates and replaces a file, with the mode asked for, and leaves nothing else behind', async () => {
    const path = join(folder, 'registry.json');
    await writeFileAtomic(path, 'one');
    await writeFileAtomic(path, new Uint8Array([0x74, 0x77, 0x6f]), { mode: 0o600 });
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['registry.json']);
  });

  it('replaces a link instead of writing through it', async () => {
    const path = join(folder, 'registry.json');
    writeFileSync(join(folder, 'victim'), 'untouched');
    symlinkSync('victim', path);
    await writeFileAtomic(path, 'ours');
    expect(readFileSync(join(folder, 'victim'), 'utf8')).toBe('untouched');
    expect(lstatSync(path).isFile()).toBe(true);
  });

  it('leaves other names of the old file with the old bytes', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'old');
    linkSync(path, join(folder, 'b'));
    await writeFileAtomic(path, 'new');
    expect(readFileSync(join(folder, 'b'), 'utf8')).toBe('old');
  });

  describe('when beforeRename throws', () => {
    it('keeps the old file, removes the temp file and hands the error on', async () => {
      const path = join(folder, 'registry.json');
      writeFileSync(path, 'old');
      let seen: string[] = [];
      const writing = writeFileAtomic(path, 'new', {
        beforeRename: async () => {
          seen = readdirSync(folder).toSorted();
          throw new Error('it moved');
        },
      });
      await expect(writing).rejects.toThrow('it moved');
      expect(seen).toHaveLength(2);
      expect(readFileSync(join(folder, seen[1] ?? ''), 'utf8')).toBe('old');
      expect(readdirSync(folder)).toEqual(['registry.json']);
      expect(readFileSync(path, 'utf8')).toBe('old');
    });
  });

  describe('with exclusive', () => {
    it('creates a file that is not there', async () => {
      await writeFileAtomic(join(folder, 'bundle'), 'ours', { exclusive: true });
      expect(readFileSync(join(folder, 'bundle'), 'utf8')).toBe('ours');
      expect(statSync(join(folder, 'bundle')).nlink).toBe(1);
    });

    it.each([
      ['a file', (path: string) => writeFileSync(path, 'theirs')],
      ['a folder', (path: string) => mkdirSync(path)],
      ['a link to nothing', (path: string) => symlinkSync('nowhere', path)],
    ])('refuses where there is %s, and leaves it alone', async (_, place) => {
      const path = join(folder, 'bundle');
      place(path);
      const before = lstatSync(path, { bigint: true });
      await expect(writeFileAtomic(path, 'ours', { exclusive: true })).rejects.toMatchObject({
        code: 'SYSTEM_FILE_EXISTS',
        aftermath: 'unchanged',
        details: { path },
      });
      expect(lstatSync(path, { bigint: true })).toMatchObject({ ino: before.ino, mtimeNs: before.mtimeNs });
      expect(readdirSync(folder)).toEqual(['bundle']);
    });
  });

  it('names a folder that is missing, and one in the place of the file', async () => {
    await expect(writeFileAtomic(join(folder, 'no/x'), '')).rejects.toMatchObject({
      code: 'SYSTEM_FILE_MISSING',
    });
    mkdirSync(join(folder, 'x'));
    await expect(writeFileAtomic(join(folder, 'x'), '')).rejects.toMatchObject({
      code: 'SYSTEM_FILE_NOT_REGULAR',
    });
    expect(readdirSync(folder)).toEqual(['x']);
  });

  it('names a folder in which this user may not write', async () => {
    chmodSync(folder, 0o555);
    const output = await runScript(`${BECOME_NOBODY}
      await system.writeFileAtomic(${JSON.stringify(join(folder, 'x'))}, 'x')
        .catch((error) => console.log(error.code, error.message));`);
    expect(output).toBe(
      `SYSTEM_NOT_WRITABLE Cannot write ${folder}/x: permission denied, or the file system is read-only.\n`,
    );
  });

  it('keeps the old file when the disk is full, and removes the temp file', async (context) => {
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder]);
    if (mount.status !== 0) skipLoudly(context, 'mounting a small file system needs root');
    try {
      const path = join(folder, 'registry.json');
      await writeFileAtomic(path, 'old');
      await expect(writeFileAtomic(path, new Uint8Array(1_000_000))).rejects.toMatchObject({
        code: 'SYSTEM_DISK_FULL',
        message: `Cannot write ${path}: the disk or the quota is full.`,
        aftermath: 'unchanged',
      });
      expect(readFileSync(path, 'utf8')).toBe('old');
      expect(readdirSync(folder)).toEqual(['registry.json']);
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

describe('the order in which the kernel is asked', () => {
  it('is: bytes, fsync of the file, rename, fsync of the folder', async (context) => {
    const path = join(folder, 'registry.json');
    const calls = await trace(context, `await system.writeFileAtomic(${JSON.stringify(path)}, 'bytes');`);
    expect(calls).toEqual([
      'create temp',
      'write temp',
      'fsync temp',
      'rename temp registry.json',
      'fsync .',
    ]);
  });

  it('is, for a file that must not replace: bytes, fsync, link, unlink, fsync of the folder', async (context) => {
    const path = join(folder, 'bundle');
    const calls = await trace(
      context,
      `await system.writeFileAtomic(${JSON.stringify(path)}, 'bytes', { exclusive: true });`,
    );
    expect(calls).toEqual([
      'create temp',
      'write temp',
      'fsync temp',
      'link temp bundle',
      'unlink temp',
      'fsync .',
    ]);
  });

  it('is, for a link: a temp link, rename, fsync of the folder', async (context) => {
    const path = join(folder, 'current');
    const calls = await trace(context, `await system.replaceLink(${JSON.stringify(path)}, 'releases/1');`);
    expect(calls).toEqual(['symlink temp', 'rename temp current', 'fsync .']);
  });

  it('is, for new folders: all of them, then fsync of each that got a name', async (context) => {
    const path = join(folder, 'a/b/c');
    const calls = await trace(context, `await system.makeDirectory(${JSON.stringify(path)});`);
    expect(calls.filter((call) => call.startsWith('fsync'))).toEqual(['fsync a/b', 'fsync a', 'fsync .']);
  });
});

describe('createExclusive', () => {
  it('opens a new file for reading and writing, for its owner only', async () => {
    const handle = await createExclusive(join(folder, 'x'));
    await handle.writeFile('abc');
    expect((await handle.read(Buffer.alloc(3), 0, 3, 0)).bytesRead).toBe(3);
    await handle.close();
    expect(statSync(join(folder, 'x')).mode & 0o777).toBe(0o600);
  });

  it('never follows a link that lies in wait, though it points to nothing', async () => {
    symlinkSync('victim', join(folder, 'x'));
    await expect(createExclusive(join(folder, 'x'))).rejects.toMatchObject({ code: 'SYSTEM_FILE_EXISTS' });
    expect(existsSync(join(folder, 'victim'))).toBe(false);
  });

  it('refuses a file that is there', async () => {
    writeFileSync(join(folder, 'x'), 'theirs');
    await expect(createExclusive(join(folder, 'x'))).rejects.toMatchObject({ code: 'SYSTEM_FILE_EXISTS' });
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('theirs');
  });
});

describe('replaceLink', () => {
  it('makes a link, and makes it point elsewhere', async () => {
    const path = join(folder, 'current');
    await replaceLink(path, 'releases/1');
    await replaceLink(path, 'releases/2');
    expect(readlinkSync(path)).toBe('releases/2');
    expect(readdirSync(folder)).toEqual(['current']);
  });

  it('never leaves the name without a link while it changes', async () => {
    const path = join(folder, 'current');
    await replaceLink(path, '0');
    const seen = new Set<string>();
    const stop = new AbortController();
    const watching = (async () => {
      while (!stop.signal.aborted) {
        seen.add(readlinkSync(path));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let turn = 1; turn <= 50; turn += 1) await replaceLink(path, String(turn));
    stop.abort();
    await watching;
    expect(readlinkSync(path)).toBe('50');
    expect(seen.size).toBeGreaterThan(1);
  });

  it('does not replace a folder', async () => {
    mkdirSync(join(folder, 'current'));
    await expect(replaceLink(join(folder, 'current'), 'x')).rejects.toMatchObject({
      code: 'SYSTEM_FILE_NOT_REGULAR',
    });
    expect(readdirSync(folder)).toEqual(['current']);
  });
});

describe('makeDirectory', () => {
  it('creates a folder and the ones above it, and is content with one that is there', async () => {
    await makeDirectory(join(folder, 'a/b'), 0o700);
    await makeDirectory(join(folder, 'a/b'));
    expect(statSync(join(folder, 'a/b')).mode & 0o777).toBe(0o700);
  });

  it('refuses a file in its way', async () => {
    writeFileSync(join(folder, 'a'), '');
    await expect(makeDirectory(join(folder, 'a'))).rejects.toMatchObject({ code: 'SYSTEM_FILE_EXISTS' });
    await expect(makeDirectory(join(folder, 'a/b'))).rejects.toMatchObject({ exitCode: 1 });
  });
});

describe('syncDirectory', () => {
  it('names a folder that is missing', async () => {
    await expect(syncDirectory(join(folder, 'no'))).rejects.toMatchObject({ code: 'SYSTEM_FILE_MISSING' });
  });
});

async function trace(context: Parameters<typeof skipLoudly>[0], body: string): Promise<string[]> {
  const log = join(tmpdir(), `milton-strace-${process.pid}-${Date.now()}`);
  if (spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status !== 0) {
    skipLoudly(context, 'strace is missing or may not trace here');
  }
  const which =
    'trace=openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat';
  try {
    await runScript(body, ['strace', '-f', '-y', '-e', which, '-o', log]);
    return readFileSync(log, 'utf8').split('\n').flatMap(callOf);
  } finally {
    rmSync(log, { force: true });
  }
}

/** One line of strace as a short sentence, or nothing where it is not about our folder. */
function callOf(line: string): string[] {
  const [, name = '', rest = ''] = /^\d+ +(\w+)\((.*)$/.exec(line) ?? [];
  const inside = [...rest.matchAll(/["<]([^">]*)[">]/g)]
    .map(([, path = '']) => path)
    .filter((path) => path === folder || path.startsWith(`${folder}/`))
    .map((path) => (path === folder ? '.' : path.slice(folder.length + 1)))
    .map((path) => path.replace(/^\..*\.(tmp|unfinished)$/, 'temp'));
  if (inside.length === 0) return [];
  if (name === 'openat') return rest.includes('O_EXCL') ? [`create ${inside[0]}`] : [];
  const verb = name.replace(/^p?(write|rename|link|symlink|unlink)(64|at2?)?$/, '$1');
  return [`${verb} ${inside.join(' ')}`];
}
