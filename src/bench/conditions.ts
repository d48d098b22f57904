/** Whether a measurement had the machine to itself. Pure: what was read before and after comes in. */
import type { ProcessorLoad } from '../system/index.ts';

/** In the shape in which it stands in a run file, as a part of a candidate's `conditions`. */
export type Conditions = {
  readonly started_at: string;
  readonly finished_at: string;
  readonly load_average: { readonly before: number | null; readonly after: number | null };
  readonly throttled: boolean | null;
  readonly noisy: boolean;
  readonly noisy_because: readonly string[];
};

export interface Surroundings {
  readonly load: ProcessorLoad;
  /** When it was read, on a monotonic clock in milliseconds. */
  readonly atMs: number;
  /** What this process and the engine's have taken of the processors so far; null where the engine's cannot be known. */
  readonly ownCpuMs: number | null;
}

export interface JudgeConditionsOptions {
  /** Threads that the engine computes with; null where it cannot be known. */
  readonly threads: number | null;
  /** What the timing itself found: a prompt whose median stayed unknown. */
  readonly unsettled: readonly string[];
}

/** What somebody else may take of one processor: a desktop, a monitor, the system itself. */
export const MAX_OTHER_PROCESSORS = 0.25;

/** The load average counts our own threads for a minute after they have ended, and those of the tests before. */
const MAX_OTHER_LOAD = 0.75;

/** Reasons why the times cannot be trusted; none is the good case. */
export function findNoise(
  before: Surroundings,
  after: Surroundings,
  { threads, unsettled }: JudgeConditionsOptions,
): readonly string[] {
  return [...otherWork(before, after, threads), ...throttling(before, after), ...unsettled];
}

/** Processors' worth of work that was not ours, on average; null where it cannot be known. */
export function otherProcessors(before: Surroundings, after: Surroundings): number | null {
  const elapsedMs = after.atMs - before.atMs;
  const [busyBefore, busyAfter] = [before.load.busyMs, after.load.busyMs];
  const [ownBefore, ownAfter] = [before.ownCpuMs, after.ownCpuMs];
  if (busyBefore === null || busyAfter === null || ownBefore === null || ownAfter === null) return null;
  // The counters go in hundredths of a second, for each processor.
  if (elapsedMs < MIN_ELAPSED_MS) return null;
  return Math.max(0, (busyAfter - busyBefore - (ownAfter - ownBefore)) / elapsedMs);
}

export function isThrottled(before: Surroundings, after: Surroundings): boolean | null {
  const [first, last] = [before.load.throttleCount, after.load.throttleCount];
  return first === null || last === null ? null : last > first;
}

function otherWork(before: Surroundings, after: Surroundings, threads: number | null): readonly string[] {
  const others = otherProcessors(before, after);
  if (others !== null) {
    if (others <= MAX_OTHER_PROCESSORS) return [];
    return [`other programs kept ${others.toFixed(1)} of ${after.load.processors} processors busy meanwhile`];
  }
  const loads = [before.load.loadAverage ?? 0, after.load.loadAverage ?? 0];
  const own = threads ?? 1;
  if (Math.max(...loads) <= own + MAX_OTHER_LOAD) return [];
  const text = loads.map((load) => load.toFixed(2)).join(' before and ');
  return [`the load average was ${text} after, with ${own} ${own === 1 ? 'thread' : 'threads'} of our own`];
}

function throttling(before: Surroundings, after: Surroundings): readonly string[] {
  return isThrottled(before, after) === true ? ['the processor was slowed down, for heat or by a limit'] : [];
}

const MIN_ELAPSED_MS = 500;
