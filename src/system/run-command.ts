/**
 * Runs a command line of the operator's own (a restart, a check) to its end, within a time. What it starts and leaves
 * behind, such as a server, goes on.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { messageOf } from '../core/index.ts';

export interface RunCommandOptions {
  readonly timeoutMs: number;
  /** Ends the command and its process group. */
  readonly signal?: AbortSignal | undefined;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface CommandEnd {
  readonly kind: 'exited' | 'signalled' | 'timed-out' | 'cancelled' | 'not-started';
  /** Only of `exited`. */
  readonly exitCode: number | null;
  /** The end in words: `exit code 1`, `not ended within 30000 ms`. */
  readonly reason: string;
  readonly durationMs: number;
}

/**
 * Runs `/bin/sh -c COMMAND`; what it prints goes to our standard error. Never throws: every end is told.
 *
 * Its output is not caught: a server that the command leaves behind would be ended by its next line of log once nobody
 * reads the pipe any more.
 */
export async function runCommand(command: string, options: RunCommandOptions): Promise<CommandEnd> {
  const { timeoutMs, signal, env = {} } = options;
  const startedMs = performance.now();
  const end = (kind: CommandEnd['kind'], reason: string, exitCode: number | null = null): CommandEnd => ({
    kind,
    exitCode,
    reason,
    durationMs: Math.round(performance.now() - startedMs),
  });
  if (signal?.aborted === true) return end('cancelled', 'it was interrupted before it began');
  const child = spawn('/bin/sh', ['-c', command], {
    env: { ...process.env, ...env },
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
    // A group of its own: a Ctrl-C at the terminal is ours to answer, and a hanging command can be ended whole.
    detached: true,
  });
  let cut: CommandEnd['kind'] | null = null;
  const stop = (kind: 'timed-out' | 'cancelled'): void => {
    cut ??= kind;
    killGroup(child.pid);
  };
  const onAbort = (): void => stop('cancelled');
  const timer = setTimeout(() => stop('timed-out'), timeoutMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const [code, by] = await new Promise<readonly [number | null, string | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (...exit) => resolve(exit));
    });
    if (cut === 'timed-out') return end('timed-out', `not ended within ${timeoutMs} ms`);
    if (cut === 'cancelled') return end('cancelled', 'interrupted');
    if (code === null) return end('signalled', `ended by ${by ?? 'a signal'}`);
    return end('exited', `exit code ${code}`, code);
  } catch (error) {
    return end('not-started', messageOf(error));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
