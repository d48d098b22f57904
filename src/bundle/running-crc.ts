/**
 * The CRC-32 of a stream (RFC 1952 §8), of a long one in a thread of its own: the caller's thread has the SHA-256 of the same
 * bytes to compute, and the two together are what a bundle costs.
 */
import { Worker } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { compiledSibling } from '../system/index.ts';

/** What the thread is asked: the sum of these bytes, going on from `crc`. */
export interface CrcRequest {
  readonly bytes: Uint8Array;
  readonly crc: number;
}

/** Below this the sum takes less time than the start of a thread. */
const MIN_THREAD_BYTES = 64 * 1024 * 1024;

export class RunningCrc {
  #thread: Worker | null;
  #isReady = false;
  #answer: (crc: number | null) => void = () => undefined;
  #adding: Promise<void> = Promise.resolve();
  #value = 0;

  /** `totalBytes`: of the whole stream. `threadModule`: what runs in the thread. */
  constructor(totalBytes: number, threadModule = compiledSibling('crc-thread', import.meta.url)) {
    this.#thread = totalBytes < MIN_THREAD_BYTES ? null : this.#startThread(threadModule);
  }

  /** Of all that was added; only when that has resolved. */
  get value(): number {
    return this.#value;
  }

  /**
   * One call at a time; the bytes must stay as they are until it resolves. Bytes of {@link sharedBytes} are not copied. Until
   * the thread runs, or where none can be had, the sum is computed here.
   */
  add(bytes: Uint8Array): Promise<void> {
    this.#adding = this.#add(bytes);
    return this.#adding;
  }

  /** Waits for the sum that is being computed and ends the thread. */
  async close(): Promise<void> {
    await this.#adding;
    await this.#thread?.terminate();
    this.#thread = null;
  }

  async #add(bytes: Uint8Array): Promise<void> {
    // zlib starts again at 0 where it is given nothing.
    if (bytes.length === 0) return;
    const request: CrcRequest = { bytes, crc: this.#value };
    const answer = this.#isReady ? await this.#ask(request) : null;
    this.#value = answer ?? crc32(bytes, request.crc);
  }

  #ask(request: CrcRequest): Promise<number | null> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#thread?.postMessage(request);
    });
  }

  #startThread(module: URL): Worker {
    const thread = new Worker(module, { execArgv: [] });
    thread.once('online', () => (this.#isReady = true));
    thread.on('message', (crc: number) => this.#answer(crc));
    // A machine that allows no more threads: the sum comes out the same here.
    thread.once('error', () => {
      this.#isReady = false;
      this.#answer(null);
    });
    return thread;
  }
}

/** Memory that a thread can read without a copy. */
export function sharedBytes(sizeBytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(sizeBytes));
}
