/** How many threads compute where nobody says. */
import { availableParallelism } from 'node:os';

/** All but one processor, so that the machine stays usable; two threads on two processors only wait for each other. */
export function defaultThreads(processors = availableParallelism()): number {
  return processors <= 2 ? 1 : Math.min(processors - 1, MAX_DEFAULT_THREADS);
}

/** Beyond this many, memory is what limits decoding, not processors. */
const MAX_DEFAULT_THREADS = 16;
