/**
 * Runs a program that may crash, hang, eat all memory or fork: within limits, in a process group of its own, and with
 * nothing of it left running afterwards, even if this process is killed meanwhile.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { messageOf, type JsonValue } from '../core/index.ts';
import { toContainedEnd, type ContainedEnd, type EndFacts } from './contained-end.ts';
import { toLauncherArguments, WATCH_FD } from './contained-launcher.ts';
import { watchMemory } from './contained-memory.ts';
import { outputTail, type OutputTail } from './contained-output.ts';
import { findProtections, withStandardFolders, type ContainedLimits } from './contained-protections.ts';
import { killEverything, killGroup } from './contained-strays.ts';
import type { MissingProtection } from './missing-protection.ts';

export type ContainedProgram =
  /** A module for Node, with a channel for messages (`process.send`, `process.on('message')`). */
  | { readonly kind: 'module'; readonly modulePath: string | URL; readonly args?: readonly string[] }
  | { readonly kind: 'command'; readonly command: string; readonly args?: readonly string[] };

export interface ContainedOptions {
  readonly limits: ContainedLimits;
  /** Kills the process and everything it started; its end is then `cancelled`. */
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  /** Added to our own environment; undefined takes a variable out of it. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * It is what the machine is there for, not a trial beside it: neither nice nor the first to go when memory runs out,
   * and looked at less often. Default false.
   */
  readonly isService?: boolean;
  /** Not nice, though a trial: what is measured beside others is measured as it will run. Default: that of a service. */
  readonly keepsPriority?: boolean;
}

export interface ContainedChild {
  /** Also the id of its process group; null where it could not be started. */
  readonly pid: number | null;
  /** What this machine could not give; empty is the good case. */
  readonly missingProtections: readonly MissingProtection[];
  /** Never rejects. Fulfilled once nothing of the process is left. */
  readonly ended: Promise<ContainedEnd>;
  /** Sends a message to a module. Dropped where the process is gone: `ended` tells. */
  send(message: JsonValue): void;
  /** Messages come from a process that may be broken: check their shape. */
  onMessage(listener: (message: unknown) => void): void;
  /** What it prints to standard error as it comes, whole or in pieces; a character is never cut. */
  onStderr(listener: (text: string) => void): void;
  /** Moves the time limit to so many milliseconds from now; null takes it away. */
  setDeadline(wallMs: number | null): void;
  /** Kills everything; the end is `cancelled` unless it had come already. Safe to call twice. */
  kill(): Promise<ContainedEnd>;
  /** The last 64 KiB of each. */
  stdoutTail(): string;
  stderrTail(): string;
}

export async function spawnContained(
  program: ContainedProgram,
  options: ContainedOptions,
): Promise<ContainedChild> {
  const {
    limits,
    signal,
    cwd = process.cwd(),
    env = {},
    isService = false,
    keepsPriority = isService,
  } = options;
  const path = withStandardFolders(env['PATH'] ?? process.env['PATH']);
  const [{ prefix, missing }, oomKillsBefore] = await Promise.all([
    findProtections({ dataBytes: limits.dataBytes, path, isService, keepsPriority }),
    countOomKills(),
  ]);
  if (signal?.aborted) return notRunning({ kind: 'cancelled' }, missing);
  const mark = randomUUID();
  const command = [...prefix, ...toWords(program)];
  const child = spawn('/bin/sh', toLauncherArguments(mark, command, { isService }), {
    cwd,
    env: { ...process.env, ...env, PATH: path },
    // The last one, WATCH_FD, is never written to: that it closes is the message.
    stdio: ['ignore', 'pipe', 'pipe', program.kind === 'module' ? 'ipc' : 'ignore', 'pipe'],
    // A session of its own, so a process group of its own.
    detached: true,
  });
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [unknown];
    return notRunning({ kind: 'not-started', reason: messageOf(error) }, missing);
  }
  return supervise(child, { pid: child.pid, mark, missing, oomKillsBefore, limits, signal, isService });
}

interface Supervision {
  readonly pid: number;
  readonly mark: string;
  readonly missing: readonly MissingProtection[];
  readonly oomKillsBefore: number;
  readonly limits: ContainedLimits;
  readonly signal: AbortSignal | undefined;
  readonly isService: boolean;
}

function supervise(
  child: ChildProcess,
  { pid, mark, missing, oomKillsBefore, limits, signal, isService }: Supervision,
): ContainedChild {
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const memory = watchMemory(pid, { isService });
  let killedFor: EndFacts['killedFor'] = null;
  let timer: NodeJS.Timeout | undefined;
  let over = false;

  const killFor = (reason: NonNullable<EndFacts['killedFor']>): void => {
    if (over || killedFor !== null) return;
    killedFor = reason;
    killGroup(pid);
  };
  const setDeadline = (wallMs: number | null): void => {
    clearTimeout(timer);
    if (over || wallMs === null) return;
    const limitMs = Math.min(wallMs, MAX_TIMER_MS);
    timer = setTimeout(() => killFor({ kind: 'timed-out', limitMs }), limitMs);
  };
  const onAbort = (): void => killFor({ kind: 'cancelled' });

  const ended = (async (): Promise<ContainedEnd> => {
    // Not `once` of node:events, which rejects when the emitter has an error to tell.
    const closed = new Promise((resolve) => child.once('close', resolve));
    const [code, exitSignal] = await new Promise<[number | null, string | null]>((resolve) => {
      child.once('exit', (...exit) => resolve(exit));
    });
    over = true;
    clearTimeout(timer);
    memory.stop();
    signal?.removeEventListener('abort', onAbort);
    await killEverything(pid, mark);
    // What the process sent and printed last is still in the pipes; a pipe that someone else holds is not waited for.
    await Promise.race([closed, sleep(DRAIN_MS, undefined, { ref: false })]);
    for (const stream of child.stdio) stream?.destroy();
    const kernelOomKills = (await countOomKills()) - oomKillsBefore;
    return toContainedEnd({
      code,
      signal: exitSignal,
      killedFor,
      stderrTail: stderr.text(),
      kernelOomKills,
      peakDataBytes: memory.peakDataBytes(),
      // Without a limit nothing can crash at it.
      limitDataBytes: missing.some(({ protection }) => protection === 'memory-limit')
        ? Infinity
        : limits.dataBytes,
    });
  })();

  // A message to a process that is just dying fails with EPIPE; its end is what counts.
  child.on('error', () => {});
  child.stdio[WATCH_FD]?.on('error', () => {});
  setDeadline(limits.wallMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  // An abort between the spawn and here would otherwise be missed.
  if (signal?.aborted) onAbort();

  return {
    pid,
    missingProtections: missing,
    ended,
    send: (message) => {
      if (child.connected) child.send(message as object, () => {});
    },
    onMessage: (listener) => void child.on('message', listener),
    onStderr: (listener) => {
      const decoder = new TextDecoder();
      child.stderr?.on('data', (chunk: Buffer) => listener(decoder.decode(chunk, { stream: true })));
    },
    setDeadline,
    kill: async () => {
      killFor({ kind: 'cancelled' });
      return ended;
    },
    stdoutTail: () => stdout.text(),
    stderrTail: () => stderr.text(),
  };
}

function notRunning(end: ContainedEnd, missing: readonly MissingProtection[]): ContainedChild {
  return {
    pid: null,
    missingProtections: missing,
    ended: Promise.resolve(end),
    send: () => {},
    onMessage: () => {},
    onStderr: () => {},
    setDeadline: () => {},
    kill: async () => end,
    stdoutTail: () => '',
    stderrTail: () => '',
  };
}

function collect(stream: NodeJS.ReadableStream | null): OutputTail {
  const tail = outputTail(MAX_TAIL_BYTES);
  stream?.on('data', (chunk: Buffer) => tail.append(chunk));
  stream?.on('error', () => {});
  return tail;
}

function toWords(program: ContainedProgram): readonly string[] {
  const { args = [] } = program;
  if (program.kind === 'command') return [program.command, ...args];
  const { modulePath } = program;
  return [process.execPath, modulePath instanceof URL ? fileURLToPath(modulePath) : modulePath, ...args];
}

/** How often the kernel has killed a process for want of memory since boot; 0 where it does not say. */
async function countOomKills(): Promise<number> {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(await readFile('/proc/vmstat', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Enough for a crash message with its stack, whatever was printed before. */
const MAX_TAIL_BYTES = 64 * 1024;
/** The longest delay that a Node timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const DRAIN_MS = 1000;
