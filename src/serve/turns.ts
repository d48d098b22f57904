/** One request at a time, in the order in which they came; so many may wait, and the next is turned away. */
import { ApiError } from './api-error.ts';
import { MAX_RETRY_AFTER_SECONDS } from './limits.ts';

export interface Turns {
  /** Waits for the turn; whoever has it calls what comes back when done. Throws `ApiError` (busy), or the reason of `signal`. */
  take(signal: AbortSignal): Promise<() => void>;
  /** Everybody who waits, and comes later, gets this instead of a turn. */
  refuse(error: ApiError): void;
  readonly waiting: number;
  readonly isBusy: boolean;
}

interface Waiter {
  readonly begin: () => void;
  readonly refuse: (error: ApiError) => void;
}

/** `nowMs`: a monotonic clock. */
export function createTurns({
  maxWaiting,
  nowMs,
}: {
  readonly maxWaiting: number;
  readonly nowMs: () => number;
}): Turns {
  const line: Waiter[] = [];
  let isBusy = false;
  let refusal: ApiError | null = null;
  let lastMs = 1000;

  const next = (): void => {
    const waiter = line.shift();
    isBusy = waiter !== undefined;
    waiter?.begin();
  };
  /** Whoever calls it twice gives up only one turn. */
  const release = (): (() => void) => {
    const startMs = nowMs();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      lastMs = nowMs() - startMs;
      next();
    };
  };

  return {
    get waiting() {
      return line.length;
    },
    get isBusy() {
      return isBusy;
    },
    async take(signal) {
      if (refusal !== null) throw refusal;
      signal.throwIfAborted();
      if (!isBusy) {
        isBusy = true;
        return release();
      }
      if (line.length >= maxWaiting) throw busy(line.length, lastMs);
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          begin: () => {
            signal.removeEventListener('abort', leave);
            resolve(release());
          },
          refuse: (error) => {
            signal.removeEventListener('abort', leave);
            reject(error);
          },
        };
        const leave = (): void => {
          line.splice(line.indexOf(waiter), 1);
          reject(signal.reason as Error);
        };
        signal.addEventListener('abort', leave, { once: true });
        line.push(waiter);
      });
    },
    refuse(error) {
      refusal = error;
      for (const waiter of line.splice(0)) waiter.refuse(error);
    },
  };
}

/** As long as the last answer took, for each that waits. */
function busy(waiting: number, lastMs: number): ApiError {
  const seconds = Math.ceil(((waiting + 1) * lastMs) / 1000);
  const retryAfter = Math.min(Math.max(seconds, 1), MAX_RETRY_AFTER_SECONDS);
  const message = `One request is being answered and ${waiting} wait; no more are taken.`;
  return new ApiError(503, 'queue_full', message, { headers: { 'retry-after': String(retryAfter) } });
}
