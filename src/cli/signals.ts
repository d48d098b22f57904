/**
 * Ctrl-C, SIGTERM and SIGHUP: the first asks the job to stop and put things in order, the second says that this is under way,
 * the third ends the process; never while the job is shielded.
 */
import { CoreFailure } from '../core/index.ts';

/** `process`, or a stand-in. */
export interface SignalSource {
  on(event: InterruptName, listener: (name: InterruptName) => void): unknown;
  off(event: InterruptName, listener: (name: InterruptName) => void): unknown;
}

export type InterruptName = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export interface Interrupts {
  readonly signal: AbortSignal;
  shield<T>(work: () => Promise<T>): Promise<T>;
  /** From now on the second signal ends the process: nothing would be left half done. */
  endAtSecond(): void;
  dispose(): void;
}

export interface InterruptOptions {
  /** A line for whoever pressed Ctrl-C. */
  readonly onNotice: (text: string) => void;
  /** Ends the process at once. */
  readonly onGiveUp: () => void;
}

const NAMES: readonly InterruptName[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export function listenForInterrupts(
  source: SignalSource,
  { onNotice, onGiveUp }: InterruptOptions,
): Interrupts {
  const controller = new AbortController();
  let received = 0;
  let shields = 0;
  let patience = 2;
  const listener = (name: InterruptName): void => {
    received += 1;
    if (received === 1) {
      const how = name === 'SIGINT' ? 'Ctrl-C' : name;
      onNotice(`Stopping (${how}) …`);
      controller.abort(
        new CoreFailure('CORE_INTERRUPTED', `Interrupted by ${how} before the work was done.`),
      );
    } else if (shields > 0) {
      onNotice('Putting the target back to what it was; this is not cut short. Please wait.');
    } else if (received <= patience) {
      onNotice(
        'Still putting things in order. Press Ctrl-C once more to end at once and leave them as they are.',
      );
    } else {
      onGiveUp();
    }
  };
  for (const name of NAMES) source.on(name, listener);
  return {
    signal: controller.signal,
    async shield(work) {
      shields += 1;
      try {
        return await work();
      } finally {
        shields -= 1;
      }
    },
    endAtSecond() {
      patience = 1;
    },
    dispose() {
      for (const name of NAMES) source.off(name, listener);
    },
  };
}
