/** The moments at which a command can be ended: before each call that changes something below a folder. Pure. */
import { isBelow, isDone, isMutating, type Call } from './trace.ts';

export interface Point {
  /** From 1, in the order of the calls. */
  readonly k: number;
  readonly call: Call;
  readonly aim: Aim;
}

/** How strace finds the call again in another run: it counts by thread, and `path` narrows what it counts. */
export interface Aim {
  readonly syscall: string;
  readonly path: string | null;
  readonly when: number;
  /** The same where nothing is narrowed. */
  readonly overall: number;
}

/**
 * The points of a run that was traced whole, with one thread in the pool: then the calls of a file come from one thread. The
 * paths have to be the same in every run.
 */
export function findPoints(calls: readonly Call[], folder: string): readonly Point[] {
  const points: Point[] = [];
  for (const [index, call] of calls.entries()) {
    const path = call.paths.find((one) => isBelow(one, folder));
    if (path === undefined || !isMutating(call) || !isDone(call)) continue;
    // A file without a name is named by a number that is another one in each run.
    const named = /\/#\d+( \(deleted\))?$/.test(path) ? null : path;
    const alike = calls
      .slice(0, index + 1)
      .filter(({ name, thread }) => name === call.name && thread === call.thread);
    const narrowed = alike.filter(({ paths }) => named === null || paths.includes(named));
    const aim = { syscall: call.name, path: named, when: narrowed.length, overall: alike.length };
    points.push({ k: points.length + 1, call, aim });
  }
  return points;
}

/** `fsync …/journal.jsonl`, short enough for a line. */
export function describePoint({ call }: Pick<Point, 'call'>, folder: string): string {
  const paths = call.paths.filter((path) => isBelow(path, folder));
  return [call.name, ...paths.map((path) => `…${path.slice(folder.length)}`)].join(' ');
}
