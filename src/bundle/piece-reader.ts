/** A stream of pieces, read by length: small parts whole, large parts as they come. */
import { BundleFailure } from './error.ts';

export class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #current: Uint8Array = new Uint8Array();

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Exactly so many bytes, as a copy; the caller has bounded the number. Throws `BUNDLE_TRUNCATED`. */
  async take(sizeBytes: number): Promise<Uint8Array> {
    const whole = new Uint8Array(sizeBytes);
    let at = 0;
    for await (const piece of this.stream(sizeBytes)) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** The next bytes, in pieces. Throws `BUNDLE_TRUNCATED`. */
  async *stream(sizeBytes: number): AsyncGenerator<Uint8Array> {
    for (let rest = sizeBytes; rest > 0;) {
      const piece = await this.next(rest);
      if (piece === null) {
        throw new BundleFailure('BUNDLE_TRUNCATED', 'The archive inside the bundle ends too early.', {
          details: { expected: `${rest} more bytes`, received: 'the end' },
        });
      }
      rest -= piece.length;
      yield piece;
    }
  }

  /** Up to so many bytes, at least one; null at the end. */
  async next(maxBytes: number): Promise<Uint8Array | null> {
    while (this.#current.length === 0) {
      const { done, value } = await this.#pieces.next();
      if (done === true) return null;
      this.#current = value;
    }
    const piece = this.#current.subarray(0, maxBytes);
    this.#current = this.#current.subarray(piece.length);
    return piece;
  }

  /** Ends the stream early, if it has not ended. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
