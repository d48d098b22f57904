/**
 * Keys that the quantizer adds to the file it writes, as the library takes them: `llama_model_kv_override` of llama.h, 264
 * bytes each, ended by one with an empty key. Pure.
 */
import { basename } from 'node:path';
import type { ImportanceMatrix } from './importance-matrix.ts';

export interface KeyOverride {
  readonly key: string;
  readonly value: string | number;
}

/** What `llama-quantize` writes about the matrix; of the path only the name, which is all that a stranger should learn. */
export function importanceKeys({
  path,
  datasets,
  entries,
  chunkCount,
}: Pick<ImportanceMatrix, 'path' | 'datasets' | 'entries' | 'chunkCount'>): readonly KeyOverride[] {
  const [dataset] = datasets;
  return [
    { key: 'quantize.imatrix.file', value: basename(path) },
    ...(dataset === undefined ? [] : [{ key: 'quantize.imatrix.dataset', value: dataset }]),
    { key: 'quantize.imatrix.entries_count', value: entries.length },
    ...(chunkCount === 0 ? [] : [{ key: 'quantize.imatrix.chunks_count', value: chunkCount }]),
  ];
}

export function encodeKeyOverrides(overrides: readonly KeyOverride[]): Uint8Array {
  const bytes = new Uint8Array((overrides.length + 1) * OVERRIDE_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { key, value }] of overrides.entries()) {
    const start = index * OVERRIDE_BYTES;
    view.setInt32(start, typeof value === 'string' ? TAG_TEXT : TAG_WHOLE, true);
    putText(bytes.subarray(start + KEY_OFFSET, start + KEY_OFFSET + TEXT_BYTES), key);
    const place = start + VALUE_OFFSET;
    if (typeof value === 'string') putText(bytes.subarray(place, place + TEXT_BYTES), value);
    else view.setBigInt64(place, BigInt(value), true);
  }
  return bytes;
}

/** Cut between two characters, and ended by a zero. */
function putText(room: Uint8Array, text: string): void {
  const end = text.indexOf('\0');
  new TextEncoder().encodeInto(end === -1 ? text : text.slice(0, end), room.subarray(0, -1));
}

const OVERRIDE_BYTES = 264;
const KEY_OFFSET = 4;
const VALUE_OFFSET = 136;
const TEXT_BYTES = 128;
/** `LLAMA_KV_OVERRIDE_TYPE_INT` and `…_STR`. */
const TAG_WHOLE = 0;
const TAG_TEXT = 3;
