/** Runs a program to its end, however that comes, and keeps what it printed. */
import { spawn } from 'node:child_process';
import process from 'node:process';

export interface ProcessEnd {
  /** Null where a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Ends it, and throws. */
  readonly limitMs?: number;
  /** Ends it as soon as it is started, or later. */
  readonly onStart?: (kill: () => void) => void;
}

export function runProcess(
  command: readonly string[],
  { env, cwd, limitMs, onStart }: RunOptions = {},
): Promise<ProcessEnd> {
  const [file = '', ...args] = command;
  const sbin = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  const child = spawn(file, args, {
    env: env === undefined ? { ...process.env, ...sbin } : { ...sbin, ...env },
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  onStart?.(() => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    const limit = limitMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limitMs);
    const startedAt = performance.now();
    child.on('error', reject);
    child.on('close', (exitCode, signal) => {
      clearTimeout(limit);
      if (limitMs !== undefined && performance.now() - startedAt >= limitMs) {
        reject(new Error(`It did not end within ${limitMs} ms: ${stderr}`));
      } else resolve({ exitCode, signal, stdout, stderr });
    });
  });
}

/** Throws with what it said where it fails: for the steps of a walk that are not what is tried. */
export async function runOrThrow(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await runProcess(command, options);
  if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`);
  return stdout;
}
