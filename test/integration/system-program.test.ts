import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/system/index.ts';

const sh = (script: string, timeoutMs = 60_000) => runProgram('/bin/sh', ['-c', script], { timeoutMs });

describe('runProgram', () => {
  it('keeps what a program prints, and how it ended', async () => {
    expect(await sh('echo out; echo err >&2; exit 3')).toEqual({
      kind: 'exited',
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      reason: 'exit code 3',
    });
  });

  it('runs no shell: arguments come as they are', async () => {
    const end = await runProgram('printf', ['%s|', 'a b', '$HOME', ';'], { timeoutMs: 60_000 });
    expect(end.stdout).toBe('a b|$HOME|;|');
  });

  it('tells of a program that is not there, in the PATH it is given', async () => {
    const end = await runProgram('sh', ['-c', 'true'], { timeoutMs: 60_000, env: { PATH: '/nowhere' } });
    expect(end).toMatchObject({ kind: 'missing', exitCode: null, reason: 'sh is not there' });
  });

  it('ends one that takes too long, one that is cancelled, and tells of one that was killed', async () => {
    expect(await sh('exec sleep 60', 50)).toMatchObject({ kind: 'failed', reason: 'not ended within 50 ms' });
    const signal = AbortSignal.abort();
    expect(await runProgram('sleep', ['60'], { timeoutMs: 60_000, signal })).toMatchObject({
      kind: 'failed',
    });
    expect(await sh('kill -9 $$')).toMatchObject({ kind: 'failed', reason: 'ended by SIGKILL' });
  });

  it('keeps no more than its limit', async () => {
    const end = await sh('head -c 1000000 /dev/zero | tr "\\0" x');
    expect(end.kind).toBe('exited');
    expect(end.stdout.length).toBe(256 * 1024);
  });
});
