/** Runs a program of the machine (no shell) to its end, within a time, and keeps what it prints. */
import { spawn } from 'node:child_process';
import { messageOf } from '../core/index.ts';
import { MAX_PROGRAM_OUTPUT_BYTES } from './limits.ts';

export interface RunProgramOptions {
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

export interface ProgramEnd {
  /** `missing`: there is no such program in PATH. */
  readonly kind: 'exited' | 'missing' | 'failed';
  /** Only of `exited`. */
  readonly exitCode: number | null;
  /** UTF-8, cut at a limit. */
  readonly stdout: string;
  readonly stderr: string;
  /** The end in words: `exit code 1`, `not ended within 10000 ms`. */
  readonly reason: string;
}

/** Never throws: every end is told. */
export async function runProgram(
  file: string,
  args: readonly string[],
  { timeoutMs, env, signal }: RunProgramOptions,
): Promise<ProgramEnd> {
  const kept = { stdout: '', stderr: '' };
  const limit = AbortSignal.timeout(timeoutMs);
  const child = spawn(file, [...args], {
    ...(env !== undefined && { env }),
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    killSignal: 'SIGKILL',
  });
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      kept[name] = (kept[name] + text).slice(0, MAX_PROGRAM_OUTPUT_BYTES);
    });
  }
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      const why = limit.aborted ? `not ended within ${timeoutMs} ms` : messageOf(error);
      const reason = isMissing ? `${file} is not there` : why;
      resolve({ kind: isMissing ? 'missing' : 'failed', exitCode: null, ...kept, reason });
    });
    child.once('close', (exitCode, by) => {
      if (exitCode === null) resolve({ kind: 'failed', exitCode, ...kept, reason: `ended by ${by ?? '?'}` });
      else resolve({ kind: 'exited', exitCode, ...kept, reason: `exit code ${exitCode}` });
    });
  });
}
