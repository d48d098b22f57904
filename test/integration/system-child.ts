/** Runs a script against the built `system` in a process of its own, and skips a test so that nobody overlooks it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'vitest';

const DOOR = new URL('../../dist/system/index.js', import.meta.url).href;

/** The text of a module that has everything exported by `system` in reach, under `system`. */
export function scriptOf(body: string): string[] {
  return ['--input-type=module', '--eval', `import * as system from ${JSON.stringify(DOOR)};\n${body}`];
}

/** Runs a script to its end. `before` goes in front of `node`, for example strace and its options. */
export async function runScript(body: string, before: readonly string[] = []): Promise<string> {
  const [command = process.execPath, ...args] = [...before, process.execPath, ...scriptOf(body)];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  if (exitCode !== 0) throw new Error(`The script ended with ${exitCode}: ${stdout}`);
  return stdout;
}

/** Starts a script and waits for its first line. */
export async function startScript(body: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, scriptOf(body), { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

/** Code that gives up root for the rest of a script; nothing to do for anybody else. */
export const BECOME_NOBODY = `if (process.getuid() === 0) {
  process.setgroups([]);
  process.setgid(65534);
  process.setuid(65534);
}`;

export function skipLoudly(context: TestContext, reason: string): never {
  process.stderr.write(`SKIPPED: ${context.task.name}: ${reason}\n`);
  return context.skip(reason);
}
