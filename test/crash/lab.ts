/** One bench of a walk: a box, the shelf, and the built command, run in it as it is or under strace. */
import { rm, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fixedEnvironment } from './fixed-names.ts';
import type { Place } from './place.ts';
import type { Aim } from './points.ts';
import { runOrThrow, runProcess, type ProcessEnd } from './process.ts';
import type { Shelf } from './shelf.ts';
import { isInjected, MUTATING_CALLS, parseTrace, type Call } from './trace.ts';

/** What is done to the call that was aimed at: the process is killed before it, or the call answers with an error. */
export type Injection =
  { readonly kind: 'kill' } | { readonly kind: 'error'; readonly errno: Errno; readonly lasting?: boolean };
export type Errno = 'ENOSPC' | 'EIO' | 'EROFS' | 'EDQUOT';

export interface Lab {
  readonly box: string;
  readonly place: Place;
  readonly shelf: Shelf;
  /** As a shell would run it. */
  milton(args: readonly string[], onStart?: (kill: () => void) => void): Promise<ProcessEnd>;
  /** For preparing: throws where it fails. */
  prepare(args: readonly string[]): Promise<void>;
  /** Whole, with all calls that may change something. */
  trace(args: readonly string[]): Promise<Traced>;
  /** Does it to one call, where it can be found again. */
  inject(
    args: readonly string[],
    aim: Aim,
    injection: Injection,
  ): Promise<Traced & { readonly isHit: boolean }>;
  /** As if the disk were never asked to keep anything. */
  withoutSync(args: readonly string[]): Promise<ProcessEnd>;
  /** Holds the whole command once that call is made, does something else, and lets it go on. */
  holdAt(args: readonly string[], aim: Aim, work: () => Promise<void>): Promise<ProcessEnd>;
}

export interface Traced {
  readonly end: ProcessEnd;
  readonly calls: readonly Call[];
}

export interface LabOptions {
  readonly place: Place;
  readonly shelf: Shelf;
  /** Of this worker alone. */
  readonly folder: string;
  readonly preload: string;
  /** `dist/cli/main.js` of the build that is tried. */
  readonly main: string;
}

export function openLab({ place, shelf, folder, preload, main }: LabOptions): Lab {
  const { box } = place;
  const env = {
    HOME: join(box, 'home'),
    TMPDIR: join(box, 'tmp'),
    MILTON_STATE_DIR: join(box, 'state'),
  };
  const log = join(folder, 'trace');
  let now = new Date();
  const strace = async (args: readonly string[], options: readonly string[]): Promise<Traced> => {
    await rm(log, { force: true });
    const tracing = ['strace', '-f', '-y', '-s', '0', '-o', log, ...options];
    // Whatever ends strace ends what it traces.
    const command = [
      ...tracing,
      'setpriv',
      '--pdeathsig',
      'KILL',
      process.execPath,
      '--require',
      preload,
      main,
      ...args,
    ];
    const end = await runProcess(command, {
      env: { ...env, ...fixedEnvironment(now) },
      cwd: folder,
      limitMs: MAX_RUN_MS,
    });
    return { end, calls: parseTrace(await readFile(log, 'utf8')) };
  };
  return {
    box,
    place,
    shelf,
    milton: (args, onStart) =>
      runProcess([process.execPath, main, ...args], {
        env,
        cwd: folder,
        limitMs: MAX_RUN_MS,
        ...(onStart !== undefined && { onStart }),
      }),
    async prepare(args) {
      await runOrThrow([process.execPath, main, ...args], { env, cwd: folder });
    },
    trace(args) {
      // Later than everything that was prepared, and the same in every run from now on.
      now = new Date();
      return strace(args, [FAST, '-e', `trace=${MUTATING_CALLS.join(',')}`]);
    },
    async inject(args, { syscall, path, when }, injection) {
      const what =
        injection.kind === 'kill'
          ? `signal=KILL:when=${when}`
          : `error=${injection.errno}:when=${when}${injection.lasting === true ? '+' : ''}`;
      const narrowed = path === null ? [] : ['-P', path];
      const traced = await strace(args, [
        // strace 6.1 sends no signals with it.
        ...(injection.kind === 'kill' ? [] : [FAST]),
        ...narrowed,
        '-e',
        `trace=${syscall}`,
        '-e',
        `inject=${syscall}:${what}`,
      ]);
      const isHit =
        injection.kind === 'kill' ? traced.end.signal === 'SIGKILL' : traced.calls.some(isInjected);
      return { ...traced, isHit };
    },
    async withoutSync(args) {
      const syncs = 'fsync,fdatasync,sync_file_range,syncfs,sync';
      return (await strace(args, [FAST, '-e', `trace=${syncs}`, '-e', `inject=${syncs}:retval=0`])).end;
    },
    async holdAt(args, { syscall, path, when }, work) {
      await rm(log, { force: true });
      const narrowed = path === null ? [] : ['-P', path];
      const inject = `inject=${syscall}:signal=STOP:when=${when}`;
      const running = strace(args, [...narrowed, '-e', `trace=${syscall}`, '-e', inject]);
      const ended = running.then(() => 'ended' as const);
      for (;;) {
        const pid = await Promise.race([ended, findStopped(log)]);
        if (pid === 'ended') break;
        if (pid === null) {
          await sleep(POLL_MS);
          continue;
        }
        await work();
        process.kill(pid, 'SIGCONT');
        break;
      }
      return (await running).end;
    },
  };
}

/** The process of which strace wrote that it stands still. */
async function findStopped(log: string): Promise<number | null> {
  const text = await readFile(log, 'utf8').catch(() => '');
  const [, thread] = /^(\d+) +--- stopped by SIGSTOP ---$/m.exec(text) ?? [];
  if (thread === undefined) return null;
  // strace names a thread; only a process can be told to go on.
  const status = await readFile(`/proc/${thread}/status`, 'utf8');
  return Number(/^Tgid:\s+(\d+)$/m.exec(status)?.[1] ?? thread);
}

/** Stops the command at the calls that are traced only. */
const FAST = '--seccomp-bpf';
const POLL_MS = 5;

/** Most take less than one second; what takes so long will not end. */
const MAX_RUN_MS = 180_000;
