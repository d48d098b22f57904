/** Starts `milton serve` and waits until it says where it serves; asks it; and sees how it ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAIN, type Finished } from './run-milton.ts';

export interface RunningMilton {
  readonly pid: number;
  readonly url: string;
  readonly finished: Promise<Finished>;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  health(): Promise<Readonly<Record<string, unknown>>>;
  complete(body: object, path?: string): Promise<Response>;
}

const started: ChildProcess[] = [];

/** For `afterEach`: nothing of a test that failed stays. */
export async function endServed(): Promise<void> {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}

/** Picks a free port. Throws what it printed where it ends before it serves. */
export async function startServed(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<RunningMilton> {
  const child = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...args], {
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      const [, found] = /^Serving .* on (http:\S+)$/m.exec(stderr) ?? [];
      if (found !== undefined) resolve(found);
    });
    void finished.then(() => reject(new Error(`It ended before it served: ${stderr}${stdout}`)));
  });
  return {
    pid: child.pid ?? 0,
    url,
    finished,
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
    health: async () => (await (await fetch(`${url}/health`)).json()) as Record<string, unknown>,
    complete: (body, path = '/v1/completions') =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

/** The processes that a process started, and theirs. Linux. */
export function descendants(pid: number): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const pids = children === '' ? [] : children.split(' ').map(Number);
    return pids.flatMap((child) => [child, ...descendants(child)]);
  } catch {
    return [];
  }
}

/** Waits until none of these processes runs. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  const isRunning = (pid: number): boolean => {
    try {
      return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };
  for (let left = 1000; left > 0 && pids.some(isRunning); left -= 1) await sleep(20);
  if (pids.some(isRunning)) throw new Error('A process of the engine still runs.');
}
