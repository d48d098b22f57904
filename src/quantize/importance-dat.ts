/**
 * An importance matrix in the form before GGUF (`imatrix.dat`), little-endian and without a magic number:
 *
 *     int32 entries; for each: int32 length, name, int32 calls, int32 numbers, float32 …; then, or nothing:
 *     int32 chunks, int32 length, name of the text
 *
 * Source: llama.cpp v0.5.0, common/imatrix-loader.cpp.
 */
import { decodeUtf8, escapeText, throwIfAborted, type ByteSource } from '../core/index.ts';
import {
  FLOAT_BYTES,
  invalidMatrix,
  type ImportanceEntry,
  type ImportanceOptions,
  type ImportanceTable,
} from './importance-table.ts';
import {
  MAX_IMATRIX_DATASET_BYTES,
  MAX_IMATRIX_ENTRIES,
  MAX_IMATRIX_NAME_BYTES,
  MAX_IMATRIX_VALUES,
} from './limits.ts';

/** Throws `QUANTIZE_IMATRIX_INVALID`, `CORE_INTERRUPTED`. */
export async function parseImportanceDat(
  source: ByteSource,
  { signal }: ImportanceOptions = {},
): Promise<ImportanceTable> {
  const reader = new DatReader(source);
  const count = await reader.count('the number of entries', 1, MAX_IMATRIX_ENTRIES);
  const entries = new Map<string, ImportanceEntry>();
  let valuesLeft = MAX_IMATRIX_VALUES;
  for (let index = 0; index < count; index += 1) {
    throwIfAborted(signal);
    const name = await reader.text(`the name of entry ${index + 1}`, 1, MAX_IMATRIX_NAME_BYTES);
    const shown = escapeText(name, 80);
    if (entries.has(name)) throw reader.wrong(`${shown}, which stands twice,`, 'one entry', 'two');
    const calls = await reader.count(`the number of calls of ${shown}`, 0, MAX_CALLS);
    const columns = await reader.count(`the number of values of ${shown}`, 1, valuesLeft);
    valuesLeft -= columns;
    // The sums were divided by what they count already, and multiplied by the calls.
    entries.set(name, {
      name,
      offset: reader.skip(columns * FLOAT_BYTES),
      columns,
      divisors: [Math.max(1, calls)],
    });
  }
  const ending = await readEnding(reader);
  return { format: 'dat', entries: [...entries.values()], ...ending };
}

async function readEnding(reader: DatReader): Promise<Pick<ImportanceTable, 'chunkCount' | 'datasets'>> {
  if (reader.leftBytes === 0) return { chunkCount: 0, datasets: [] };
  const chunkCount = await reader.count('the number of chunks', 0, MAX_CALLS);
  if (reader.leftBytes === 0) return { chunkCount, datasets: [] };
  const dataset = await reader.text('the name of the text', 0, MAX_IMATRIX_DATASET_BYTES);
  if (reader.leftBytes > 0) throw reader.wrong('the end', 'nothing more', `${reader.leftBytes} more bytes`);
  return { chunkCount, datasets: dataset === '' ? [] : [dataset] };
}

class DatReader {
  #offset = 0;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  get leftBytes(): number {
    return this.#source.sizeBytes - this.#offset;
  }

  async count(what: string, min: number, max: number): Promise<number> {
    const bytes = await this.#take(what, 4);
    const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true);
    if (value >= min && value <= max) return value;
    throw this.wrong(what, `from ${min} to ${max}`, String(value));
  }

  async text(what: string, min: number, max: number): Promise<string> {
    const bytes = await this.#take(what, await this.count(`the length of ${what}`, min, max));
    try {
      return decodeUtf8(bytes);
    } catch {
      throw this.wrong(what, 'UTF-8 text', 'other bytes');
    }
  }

  /** Where the bytes are that are passed over. */
  skip(length: number): number {
    this.#assertLeft('the numbers', length);
    const offset = this.#offset;
    this.#offset += length;
    return offset;
  }

  wrong(what: string, expected: string, received: string): Error {
    return invalidMatrix(
      this.#source.name,
      `before byte ${this.#offset}, ${what} should be ${expected}, and is ${received}`,
      { expected, received, offset: this.#offset },
    );
  }

  async #take(what: string, length: number): Promise<Uint8Array> {
    this.#assertLeft(what, length);
    const bytes = await this.#source.read(this.#offset, length);
    this.#offset += length;
    return bytes;
  }

  #assertLeft(what: string, length: number): void {
    if (length > this.leftBytes) throw this.wrong(what, `${length} bytes`, `${this.leftBytes}`);
  }
}

/** Of an int32; divided by as float32, and no reason to be large. */
const MAX_CALLS = 2 ** 31 - 1;
