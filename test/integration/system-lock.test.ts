import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadFlock, readProcess, withLock } from '../../src/system/index.ts';
import { runScript, startScript } from './system-child.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-lock-'));
  path = join(folder, 'state/lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const none = async (): Promise<void> => undefined;

describe.each([
  ['flock(2)', '', {}],
  ['an exclusive file, where koffi does not load', 'flock: null, ', { flock: null }],
] as const)('withLock by %s', (_, scriptOption, option) => {
  const holdFor = (ms: number): string =>
    `await system.withLock(${JSON.stringify(path)}, { ${scriptOption}command: 'milton deploy' }, async () => {
       console.log('held');
       await new Promise((resolve) => setTimeout(resolve, ${ms}));
     });`;

  it('makes the folder, gives back what was done, and frees the lock after a failure too', async () => {
    expect(await withLock(path, { ...option, command: 'a' }, async () => 7)).toBe(7);
    const failing = withLock(path, { ...option, command: 'b' }, async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await withLock(path, { ...option, command: 'c' }, async () => 8)).toBe(8);
  });

  it('can be held only by its owner: whoever may open a lock may block every change', async () => {
    const file = 'flock' in option ? `${path}.held` : path;
    const umask = process.umask(0);
    try {
      await withLock(path, { ...option, command: 'a' }, async () => {
        expect(statSync(file).mode & 0o777).toBe(0o600);
      });
    } finally {
      process.umask(umask);
    }
  });

  it('refuses at once while another process holds it, and names that process', async () => {
    const holder = await startScript(holdFor(60_000));
    try {
      await expect(withLock(path, { ...option, command: 'milton rollback' }, none)).rejects.toMatchObject({
        code: 'SYSTEM_LOCK_BUSY',
        exitCode: 1,
        aftermath: 'unchanged',
        message: expect.stringContaining(
          `is held by process ${holder.pid} on ${hostname()} (milton deploy).`,
        ),
        details: { holder_pid: holder.pid, holder_host: hostname(), holder_command: 'milton deploy' },
      });
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'close');
    }
  });

  it('is free again the moment its holder was killed with SIGKILL', async () => {
    const holder = await startScript(holdFor(60_000));
    holder.kill('SIGKILL');
    await once(holder, 'close');
    expect(await withLock(path, { ...option, command: 'milton resume' }, async () => 'mine')).toBe('mine');
  });

  it('waits as long as it was told to', async () => {
    const holder = await startScript(holdFor(300));
    expect(await withLock(path, { ...option, command: 'b', waitMs: 60_000 }, async () => 'at last')).toBe(
      'at last',
    );
    if (holder.exitCode === null) await once(holder, 'close');
  });

  it('gives up when the wait is over', async () => {
    await withLock(path, { ...option, command: 'outer' }, async () => {
      const inner = withLock(path, { ...option, command: 'inner', waitMs: 60 }, none);
      await expect(inner).rejects.toMatchObject({
        code: 'SYSTEM_LOCK_BUSY',
        details: { holder_pid: process.pid },
      });
    });
  });

  it('stops waiting when it is interrupted', async () => {
    const controller = new AbortController();
    await withLock(path, { ...option, command: 'outer' }, async () => {
      const waiting = withLock(
        path,
        { ...option, command: 'inner', waitMs: 60_000, signal: controller.signal },
        none,
      );
      controller.abort();
      await expect(waiting).rejects.toMatchObject({ code: 'CORE_INTERRUPTED' });
    });
  });

  it('lets one process in at a time', async () => {
    const counter = join(folder, 'counter');
    writeFileSync(counter, '0');
    const body = `import { readFileSync, writeFileSync } from 'node:fs';
      for (let turn = 0; turn < 10; turn += 1) {
        await system.withLock(${JSON.stringify(path)}, { ${scriptOption}command: 'count', waitMs: 60_000 }, async () => {
          const before = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'));
          await new Promise((resolve) => setTimeout(resolve, 1));
          writeFileSync(${JSON.stringify(counter)}, String(before + 1));
        });
      }`;
    await Promise.all([runScript(body), runScript(body), runScript(body)]);
    expect(readFileSync(counter, 'utf8')).toBe('30');
  });
});

describe('withLock by flock(2)', () => {
  it('is not impressed by what an old lock file says', async () => {
    await withLock(path, { command: 'a' }, none);
    writeFileSync(path, JSON.stringify({ ...(await readProcess()), command: 'I am still here' }));
    expect(await withLock(path, { command: 'b' }, async () => 'mine')).toBe('mine');
  });

  it('names the holder also where that has the lock and has not said so yet', async () => {
    await withLock(path, { command: 'a' }, none);
    const before = { ...(await readProcess()), pid: 2 ** 22 + 1, start_time: '1', command: 'dead' };
    const me = { ...(await readProcess()), command: 'a moment later' };
    const fd = openSync(path, 'r+');
    try {
      expect((await loadFlock())?.(fd)).toBe(true);
      writeFileSync(path, JSON.stringify(before));
      const refused = withLock(path, { command: 'b' }, none);
      setTimeout(() => writeFileSync(path, JSON.stringify(me)), 50);
      await expect(refused).rejects.toMatchObject({
        code: 'SYSTEM_LOCK_BUSY',
        details: { holder_pid: process.pid, holder_command: 'a moment later' },
      });
    } finally {
      closeSync(fd);
    }
  });

  it('does not follow a link in place of the lock file', async () => {
    await withLock(path, { command: 'a' }, none);
    rmSync(path);
    symlinkSync(join(folder, 'victim'), path);
    await expect(withLock(path, { command: 'b' }, none)).rejects.toMatchObject({
      code: 'SYSTEM_FILE_NOT_REGULAR',
    });
    expect(existsSync(join(folder, 'victim'))).toBe(false);
  });

  it('says so when the file system has no locks, instead of blaming another process', async () => {
    await expect(withLock(path, { command: 'a', flock: withoutLocks }, none)).rejects.toMatchObject({
      code: 'SYSTEM_IO',
      details: { errno: 'ENOLCK' },
    });
  });

  it('shows what a hostile holder wrote without letting it touch the terminal', async () => {
    await withLock(path, { command: 'a' }, async () => {
      writeFileSync(path, JSON.stringify({ pid: 1, host: '\u001b[2J', command: 5 }));
      await expect(withLock(path, { command: 'b' }, none)).rejects.toMatchObject({
        message: `${path} is held by process 1 on \\x1b[2J (5).`,
      });
    });
  });
});

describe('withLock by an exclusive file', () => {
  it('takes over from a process that is gone, and from an earlier boot', async () => {
    const me = await readProcess();
    await withLock(path, { command: 'a', flock: null }, none);
    for (const gone of [
      { ...me, pid: 2 ** 22 + 1, start_time: '1' },
      { ...me, start_time: '1' },
      { ...me, boot_id: 'another boot' },
    ]) {
      writeFileSync(held(), JSON.stringify({ ...gone, command: 'old' }));
      expect(await withLock(path, { command: 'b', flock: null }, async () => 'mine')).toBe('mine');
      expect(existsSync(held())).toBe(false);
    }
  });

  it('leaves a lock alone that it cannot read', async () => {
    await withLock(path, { command: 'a', flock: null }, none);
    writeFileSync(held(), '{"pid": 1');
    await expect(withLock(path, { command: 'b', flock: null }, none)).rejects.toMatchObject({
      message: `${held()} is held by another process.`,
    });
    expect(readFileSync(held(), 'utf8')).toBe('{"pid": 1');
  });
});

function held(): string {
  return `${path}.held`;
}

function withoutLocks(): boolean {
  throw Object.assign(new Error('flock(2) failed with error 37'), { code: 'ENOLCK' });
}
