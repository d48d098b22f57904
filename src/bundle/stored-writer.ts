/**
 * Writes a payload as one gzip member of stored blocks. The bytes go from the caller's buffer to the file without being
 * copied; what is written is pushed to the disk early, so that the last fsync finds little left to do.
 */
import type { FileHandle } from 'node:fs/promises';
import { BLOCK_PAYLOAD_BYTES, blockHeader, GZIP_HEADER, memberTrailer } from './gzip-frame.ts';
import { RunningCrc } from './running-crc.ts';
import { writeFrom } from './vectored-io.ts';

/** Between two pushes to the disk: seldom enough to cost nothing, often enough that the end does not wait. */
const SYNC_EVERY_BYTES = 64 * 1024 * 1024;

const FULL_HEADER = blockHeader(BLOCK_PAYLOAD_BYTES, false);

export interface StoredWriterOptions {
  readonly handle: FileHandle;
  /** For messages. */
  readonly path: string;
  readonly offset: number;
  /** Of the whole stream. */
  readonly payloadBytes: number;
}

export class StoredWriter {
  readonly #handle: FileHandle;
  readonly #path: string;
  #offset: number;
  readonly #crc: RunningCrc;
  #payloadBytes = 0;
  #unsyncedBytes = 0;
  #syncing: Promise<unknown> | null = null;

  constructor({ handle, path, offset, payloadBytes }: StoredWriterOptions) {
    this.#handle = handle;
    this.#path = path;
    this.#offset = offset;
    this.#crc = new RunningCrc(payloadBytes);
  }

  /**
   * Starts writing whole blocks (the last call: any length above 0, with `isLast`), and adds them to the CRC meanwhile.
   * The buffer must stay as it is until the promise resolves; one call at a time.
   */
  async write(payload: Uint8Array, { isLast }: { readonly isLast: boolean }): Promise<void> {
    const buffers: Uint8Array[] = this.#payloadBytes === 0 ? [GZIP_HEADER] : [];
    for (let at = 0; at < payload.length; at += BLOCK_PAYLOAD_BYTES) {
      const block = payload.subarray(at, at + BLOCK_PAYLOAD_BYTES);
      const isFinal = isLast && at + block.length === payload.length;
      buffers.push(isFinal ? blockHeader(block.length, true) : FULL_HEADER, block);
    }
    const sizeBytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    const writing = writeFrom(this.#handle, buffers, { offset: this.#offset, path: this.#path });
    const summing = this.#crc.add(payload);
    this.#payloadBytes += payload.length;
    this.#offset += sizeBytes;
    await writing;
    await summing;
    await this.#syncEarly(sizeBytes);
    if (isLast) await this.#finish();
  }

  /** Waits for what goes on in the background and ends it; call it before the file is closed, whatever happened. */
  async settle(): Promise<void> {
    await this.#syncing;
    await this.#crc.close();
  }

  async #finish(): Promise<void> {
    const trailer = memberTrailer(this.#crc.value, this.#payloadBytes);
    await writeFrom(this.#handle, [trailer], { offset: this.#offset, path: this.#path });
    await this.#syncing;
  }

  async #syncEarly(sizeBytes: number): Promise<void> {
    this.#unsyncedBytes += sizeBytes;
    if (this.#unsyncedBytes < SYNC_EVERY_BYTES) return;
    this.#unsyncedBytes = 0;
    await this.#syncing;
    // What fails here fails again in the fsync at the end, which is the one that counts.
    this.#syncing = this.#handle.datasync().catch(() => undefined);
  }
}
