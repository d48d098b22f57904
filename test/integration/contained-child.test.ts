import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, describe, expect, it } from 'vitest';

import { describeMissing, spawnContained, type ContainedChild } from '../../src/system/index.ts';

const MIB = 1024 * 1024;
const LIMITS = { dataBytes: 512 * MIB, wallMs: 30_000 };
const linux = process.platform === 'linux';

/** Processes that are neither gone nor only waiting to be buried. */
function running(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    try {
      return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  });
}

function inGroup(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
        return Number(fields[2]) === group && fields[0] !== 'Z';
      } catch {
        return false;
      }
    });
}

function expectNoneOf({ pid }: ContainedChild): void {
  expect(pid === null ? [] : inGroup(pid)).toEqual([]);
}

async function untilNone(pids: readonly number[], timeoutMs = 5000): Promise<number[]> {
  const end = Date.now() + timeoutMs;
  while (running(pids).length > 0 && Date.now() < end) await sleep(20);
  return running(pids);
}

const fixture = (name: string): URL => new URL(`../fixtures/contained/${name}.mjs`, import.meta.url);

const started: ContainedChild[] = [];

async function start(
  name: string,
  args: readonly string[] = [],
  options: Partial<Parameters<typeof spawnContained>[1]> = {},
): Promise<ContainedChild> {
  const child = await spawnContained(
    { kind: 'module', modulePath: fixture(name), args },
    { limits: LIMITS, ...options },
  );
  started.push(child);
  return child;
}

function firstMessage<T>(child: ContainedChild): Promise<T> {
  return new Promise((resolve) => child.onMessage((message) => resolve(message as T)));
}

afterEach(async () => {
  for (const child of started.splice(0)) {
    await child.kill();
    expectNoneOf(child);
  }
});

describe.runIf(linux)('spawnContained', () => {
  describe('when the program behaves', () => {
    it('runs it within every protection, and carries messages both ways', async () => {
      const words = ['one', "it's", '$HOME `x` "y"', '', '-e', 'a\nb'];
      const child = await start('report', words);
      const report = await firstMessage<Record<string, unknown>>(child);
      expect(child.missingProtections).toEqual([]);
      expect(report).toMatchObject({
        pid: child.pid,
        group: child.pid,
        nice: 10,
        oomScoreAdj: 1000,
        arguments: words,
      });
      expect(report['limits']).toMatch(new RegExp(`Max data size +${512 * MIB} +${512 * MIB} `));
      expect(report['limits']).toMatch(/Max core file size +0 +0 /);
      const echo = firstMessage(child);
      child.send({ hello: 'wörld' });
      expect(await echo).toEqual({ echo: { hello: 'wörld' } });
      child.send({ exit: 0 });
      expect(await child.ended).toEqual({ kind: 'exited', code: 0 });
    });

    it('gives what the machine is there for the standing of its parent', async () => {
      const child = await start('report', [], { isService: true });
      const own = Number(readFileSync('/proc/self/oom_score_adj', 'utf8'));
      const nice = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[16]);
      expect(await firstMessage(child)).toMatchObject({ oomScoreAdj: own, nice });
      expect(child.missingProtections).toEqual([]);
    });

    it('tells the exit code of a program that gives up', async () => {
      const child = await start('report');
      child.send({ exit: 7 });
      expect(await child.ended).toEqual({ kind: 'exited', code: 7 });
    });

    it('runs a command as well, and keeps what it prints', async () => {
      const child = await spawnContained(
        { kind: 'command', command: 'sh', args: ['-c', 'echo out; echo "err $EXTRA" >&2; exit 4'] },
        { limits: LIMITS, env: { EXTRA: 'word' } },
      );
      expect(await child.ended).toEqual({ kind: 'exited', code: 4 });
      expect([child.stdoutTail(), child.stderrTail()]).toEqual(['out\n', 'err word\n']);
    });
  });

  describe('when the program allocates past the limit', () => {
    it.each(['buffers', 'objects'])('ends it as out of memory (%s)', async (how) => {
      const child = await start('allocate', [how], { limits: { ...LIMITS, dataBytes: 200 * MIB } });
      expect(await child.ended).toMatchObject({ kind: 'out-of-memory' });
    });
  });

  describe('when the program crashes', () => {
    it.each(['SIGSEGV', 'SIGILL'])('names the signal (%s)', async (signal) => {
      const child = await start('die', [signal]);
      expect(await child.ended).toEqual({ kind: 'signalled', signal });
    });

    it('keeps its last words and no more than 64 KiB', async () => {
      const child = await start('die', ['abort', `${'x'.repeat(100_000)}\nggml: assertion failed\n`]);
      expect(await child.ended).toEqual({ kind: 'signalled', signal: 'SIGABRT' });
      expect(child.stderrTail()).toContain('ggml: assertion failed');
      expect(child.stderrTail().length).toBeLessThanOrEqual(64 * 1024);
    });

    it('does not take a kill by a stranger for a want of memory', async () => {
      const child = await start('die', ['SIGKILL']);
      expect(await child.ended).toEqual({ kind: 'signalled', signal: 'SIGKILL' });
    });
  });

  describe('when the program spins', () => {
    it('kills it at the time limit', async () => {
      const child = await start('spin', [], { limits: { ...LIMITS, wallMs: 600 } });
      expect(await child.ended).toEqual({ kind: 'timed-out', limitMs: 600 });
    });

    it('kills it on cancel', async () => {
      const controller = new AbortController();
      const child = await start('spin', [], { signal: controller.signal });
      await firstMessage(child);
      controller.abort();
      expect(await child.ended).toEqual({ kind: 'cancelled' });
    });

    it('moves and lifts the time limit when asked to', async () => {
      const child = await start('spin', [], { limits: { ...LIMITS, wallMs: 300 } });
      child.setDeadline(null);
      expect(await Promise.race([child.ended, sleep(600, 'still running')])).toBe('still running');
      child.setDeadline(50);
      expect(await child.ended).toEqual({ kind: 'timed-out', limitMs: 50 });
    });
  });

  describe('when the program forks', () => {
    it.each([
      ['end', { kind: 'exited', code: 3 }],
      ['crash', { kind: 'signalled', signal: 'SIGSEGV' }],
    ])(
      'leaves none of its children, in the group or out of it, whichever way it ends (%s)',
      async (then, end) => {
        const child = await start('fork', [then]);
        const { pids } = await firstMessage<{ pids: number[] }>(child);
        expect(await child.ended).toEqual(end);
        expect(running(pids)).toEqual([]);
      },
    );

    it('leaves none at the time limit', async () => {
      const child = await start('fork', ['spin']);
      const { pids } = await firstMessage<{ pids: number[] }>(child);
      expect(running(pids)).toEqual(pids);
      child.setDeadline(0);
      await child.ended;
      expect(running(pids)).toEqual([]);
    });
  });

  describe('when the parent is killed', () => {
    it('leaves neither a child that spins nor its children', async () => {
      const parent = spawn(process.execPath, [fixture('parent').pathname, 'spin'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = await Promise.race([once(parent.stdout, 'data'), once(parent, 'exit')]);
      const pids = JSON.parse(String(line)) as number[];
      expect(pids).toHaveLength(3);
      expect(running(pids)).toEqual(pids);
      parent.kill('SIGKILL');
      expect(await untilNone(pids)).toEqual([]);
      expect(inGroup(pids[0] ?? 0)).toEqual([]);
    });
  });

  describe('when the signal had fired before', () => {
    it('starts nothing', async () => {
      const child = await start('report', [], { signal: AbortSignal.abort() });
      expect(child.pid).toBeNull();
      expect(await child.ended).toEqual({ kind: 'cancelled' });
    });
  });

  describe('when the program cannot be started', () => {
    it('says so for a folder that is not there', async () => {
      const child = await start('report', [], { cwd: '/nowhere/at/all' });
      expect(await child.ended).toMatchObject({ kind: 'not-started' });
    });

    it('ends with the code of the shell for a command that is not there', async () => {
      const child = await spawnContained(
        { kind: 'command', command: 'no-such-command-here' },
        { limits: LIMITS },
      );
      expect(await child.ended).toEqual({ kind: 'exited', code: 127 });
    });
  });

  describe('when a tool is missing', () => {
    it('runs without it and names the protection', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'milton-path-'));
      try {
        // Stand-ins come first in PATH: a setpriv that knows no death signal, as busybox has it, and a broken prlimit.
        await symlink('/bin/false', join(folder, 'prlimit'));
        await symlink('/bin/false', join(folder, 'setpriv'));
        const child = await start('report', [], { env: { PATH: folder } });
        expect(child.missingProtections.map(describeMissing)).toEqual([
          'death-signal (setpriv did not work)',
          'memory-limit (prlimit did not work)',
          'no-core-file (prlimit did not work)',
        ]);
        expect(await firstMessage(child)).toMatchObject({ nice: 10, oomScoreAdj: 1000 });
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
});
