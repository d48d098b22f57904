/**
 * Little-endian values in order from a byte source, through one window: never past the end, and never a buffer larger
 * than the bytes that are there.
 */
import { escapeText, throwIfAborted, type ByteSource } from '../core/index.ts';
import { GgufFailure, type GgufCode } from './error.ts';
import { FIRST_READ_BYTES, MAX_METADATA_BYTES, READ_WINDOW_BYTES } from './limits.ts';

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

export class HeaderReader {
  readonly #source: ByteSource;
  readonly #signal: AbortSignal | undefined;
  readonly #maxBytes: number;
  #window: Uint8Array = new Uint8Array(FIRST_READ_BYTES);
  #view = new DataView(this.#window.buffer);
  /** Where the window starts in the file, and what of it is filled and used. */
  #windowOffset = 0;
  #filled = 0;
  #used = 0;

  /** `maxBytes`: of the header. */
  constructor(
    source: ByteSource,
    {
      signal,
      maxBytes = MAX_METADATA_BYTES,
    }: { readonly signal?: AbortSignal; readonly maxBytes?: number } = {},
  ) {
    this.#source = source;
    this.#signal = signal;
    this.#maxBytes = maxBytes;
  }

  get name(): string {
    return escapeText(this.#source.name);
  }

  /** Where the next value starts in the file. */
  get offset(): number {
    return this.#windowOffset + this.#used;
  }

  get leftBytes(): number {
    return this.#source.sizeBytes - this.offset;
  }

  async uint8(what: string): Promise<number> {
    await this.#need(1, what);
    return this.#view.getUint8(this.#take(1));
  }

  async uint32(what: string): Promise<number> {
    await this.#need(4, what);
    return this.#view.getUint32(this.#take(4), true);
  }

  async uint64(what: string): Promise<bigint> {
    await this.#need(8, what);
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** A uint64 that counts something of at least `unitBytes` each in what is left of the file. */
  async count(what: string, unitBytes: number, code: GgufCode = 'GGUF_LENGTH_IMPOSSIBLE'): Promise<number> {
    const offset = this.offset;
    const claimed = await this.uint64(what);
    const left = this.leftBytes;
    if (claimed > MAX_SAFE || Number(claimed) * unitBytes > left) {
      throw new GgufFailure(
        code,
        `${this.name} claims ${claimed} for the ${what} at byte ${offset}, but only ${left} bytes are left after it: the file is cut short, or the number is wrong.`,
        {
          details: { offset, expected: `at most ${Math.floor(left / unitBytes)}`, received: String(claimed) },
        },
      );
    }
    return Number(claimed);
  }

  /** A copy of the next bytes. `sizeBytes` must have been held against {@link leftBytes} before. */
  async bytes(sizeBytes: number, what: string): Promise<Uint8Array> {
    this.#budget(sizeBytes, what);
    const copy = new Uint8Array(sizeBytes);
    let done = 0;
    while (done < sizeBytes) {
      await this.#need(1, what);
      const part = Math.min(this.#filled - this.#used, sizeBytes - done);
      copy.set(this.#window.subarray(this.#used, this.#used + part), done);
      this.#used += part;
      done += part;
    }
    return copy;
  }

  /** A string as the format stores it: its length (uint64), then its bytes. */
  async string(what: string): Promise<Uint8Array> {
    return this.bytes(await this.count(`length of the ${what}`, 1), what);
  }

  /** `count` strings with their lengths, as they lie in the file, and where the text of each begins in that copy. */
  async strings(count: number, what: string): Promise<{ raw: Uint8Array; starts: Uint32Array }> {
    this.#budget(count * 8, what);
    const starts = new Uint32Array(count);
    let raw: Uint8Array = new Uint8Array(Math.min(this.leftBytes, count * 16, this.#maxBytes));
    let size = 0;
    for (let index = 0; index < count;) {
      await this.#need(8, what);
      // As many whole strings as the window holds, then one copy.
      const from = this.#used;
      while (index < count && this.#filled - this.#used >= 8) {
        const length = this.#shortLength();
        if (length > this.#filled - this.#used - 8) break;
        starts[index] = size + (this.#used - from) + 8;
        this.#used += 8 + length;
        index += 1;
      }
      if (this.#used > from) {
        raw = this.#grown(raw, size, this.#used - from, what);
        raw.set(this.#window.subarray(from, this.#used), size);
        size += this.#used - from;
      } else {
        const length = await this.count(`length of string ${index} of the ${what}`, 1);
        raw = this.#grown(raw, size, 8 + length, what);
        new DataView(raw.buffer).setBigUint64(size, BigInt(length), true);
        starts[index] = size + 8;
        raw.set(await this.bytes(length, what), size + 8);
        size += 8 + length;
        index += 1;
      }
    }
    return { raw: raw.slice(0, size), starts };
  }

  /** The length at hand, or more than any window where it takes more than 32 bits. */
  #shortLength(): number {
    const high = this.#view.getUint32(this.#used + 4, true);
    return high === 0 ? this.#view.getUint32(this.#used, true) : Number.MAX_SAFE_INTEGER;
  }

  #grown(raw: Uint8Array, size: number, more: number, what: string): Uint8Array {
    if (size + more <= raw.length) return raw;
    this.#budget(more, what);
    const grown = new Uint8Array(Math.max(size + more, Math.min(raw.length * 2, this.#maxBytes)));
    grown.set(raw.subarray(0, size));
    return grown;
  }

  #budget(sizeBytes: number, what: string): void {
    if (this.offset + sizeBytes <= this.#maxBytes) return;
    throw new GgufFailure(
      'GGUF_LIMIT_EXCEEDED',
      `The header of ${this.name} is too large to be read: the ${what}.`,
      {
        details: {
          offset: this.offset,
          expected: `headers of at most ${MAX_METADATA_BYTES} bytes in all shards of a model`,
          received: `${this.offset + sizeBytes} bytes`,
        },
      },
    );
  }

  #take(sizeBytes: number): number {
    const at = this.#used;
    this.#used += sizeBytes;
    return at;
  }

  async #need(sizeBytes: number, what: string): Promise<void> {
    if (this.#filled - this.#used >= sizeBytes) return;
    if (this.leftBytes < sizeBytes) {
      throw new GgufFailure(
        'GGUF_TRUNCATED',
        `${this.name} ends at byte ${this.#source.sizeBytes}, inside its header: the ${what} is cut off.`,
        {
          details: {
            offset: this.offset,
            expected: `${sizeBytes} bytes for the ${what}`,
            received: `${this.leftBytes} bytes`,
          },
        },
      );
    }
    throwIfAborted(this.#signal);
    const rest = this.#window.subarray(this.#used, this.#filled);
    const offset = this.offset;
    if (offset > 0 && this.#window.length < READ_WINDOW_BYTES) {
      const window = new Uint8Array(READ_WINDOW_BYTES);
      window.set(rest);
      this.#window = window;
      this.#view = new DataView(window.buffer);
    } else {
      this.#window.copyWithin(0, this.#used, this.#filled);
    }
    const length = Math.min(this.#window.length - rest.length, this.#source.sizeBytes - offset - rest.length);
    await this.#source.read(offset + rest.length, length, this.#window.subarray(rest.length));
    this.#windowOffset = offset;
    this.#used = 0;
    this.#filled = rest.length + length;
  }
}
