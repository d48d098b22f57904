/** What a walk needs of the machine and of the build, and why it cannot be had. */
import { access } from 'node:fs/promises';
import process from 'node:process';
import { runProcess } from './process.ts';
import type { Scenario } from './scenarios.ts';

/** Null where calls can be traced and changed. */
export async function whyNotTraced(): Promise<string | null> {
  try {
    const { exitCode, stderr } = await runProcess([
      'strace',
      '-f',
      '--seccomp-bpf',
      '-o',
      '/dev/null',
      'true',
    ]);
    return exitCode === 0 ? null : `strace may not trace here: ${stderr.trim()}`;
  } catch {
    return 'strace is missing';
  }
}

/** Null where such a file system can be made and mounted. */
export async function whyNotMounted(kind: 'ext4' | 'tmpfs'): Promise<string | null> {
  if (process.getuid?.() !== 0) return 'mounting needs root';
  if (kind === 'ext4') {
    if (!(await isThere('/dev/loop-control'))) return 'there are no loop devices';
    const { exitCode } = await runProcess(['sh', '-c', 'command -v mkfs.ext4']);
    return exitCode === 0 ? null : 'mkfs.ext4 is missing';
  }
  const { exitCode, stderr } = await runProcess(['unshare', '--mount', 'mount', '-t', 'tmpfs', 'x', '/mnt']);
  return exitCode === 0 ? null : `nothing can be mounted: ${stderr.trim()}`;
}

/** Null where this build and this machine have what a scenario is about. */
export async function whyNotTried({ needs, hasLoadTest }: Scenario, main: string): Promise<string | null> {
  if (needs !== undefined) {
    const [word = '', ...args] = [...needs].toReversed();
    const { stdout } = await runProcess([process.execPath, main, ...args.toReversed()]);
    if (!new RegExp(`^ +${word}\\b`, 'm').test(stdout)) return `this build has no ${word}`;
  }
  if (hasLoadTest === true && !(await hasEngine())) return 'node-llama-cpp is not installed';
  return null;
}

async function hasEngine(): Promise<boolean> {
  return isThere(new URL(import.meta.resolve('node-llama-cpp')).pathname).catch(() => false);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
