/**
 * An importance matrix, as `llama-imatrix` writes it: how much each column of a weight counted while the model read sample
 * texts. Read as the file of a stranger, and never held: what comes out says where each row of numbers lies.
 */
import { isAbsolute, resolve } from 'node:path';
import { escapeText, throwIfAborted, type ByteSource } from '../core/index.ts';
import { withFileSource, type FileIdentity } from '../system/index.ts';
import { parseImportanceDat } from './importance-dat.ts';
import { parseImportanceGguf } from './importance-gguf.ts';
import {
  FLOAT_BYTES,
  invalidMatrix,
  type ImportanceEntry,
  type ImportanceOptions,
  type ImportanceTable,
} from './importance-table.ts';
import { IMATRIX_WINDOW_BYTES } from './limits.ts';

export interface ImportanceMatrix extends ImportanceTable {
  readonly path: string;
  readonly identity: FileIdentity;
}

/** Throws `QUANTIZE_IMATRIX_INVALID`, `GGUF_*`, `SYSTEM_FILE_*`, `CORE_INTERRUPTED`. */
export async function readImportanceMatrix(
  path: string,
  { signal }: ImportanceOptions = {},
): Promise<ImportanceMatrix> {
  const absolute = isAbsolute(path) ? path : resolve(path);
  return withFileSource(absolute, async (source) => {
    const table = await parseImportanceMatrix(source, { signal });
    for (const entry of table.entries) await assertNumbers(source, entry, signal);
    await source.assertUnchanged();
    return { ...table, path: absolute, identity: source.identity };
  });
}

/** Where everything lies; the numbers themselves are not looked at. */
export async function parseImportanceMatrix(
  source: ByteSource,
  { signal }: ImportanceOptions = {},
): Promise<ImportanceTable> {
  const magic = await source.read(0, Math.min(4, source.sizeBytes));
  const isGguf = new TextDecoder('latin1').decode(magic) === 'GGUF';
  return isGguf ? parseImportanceGguf(source, { signal }) : parseImportanceDat(source, { signal });
}

/** They are mean squares: what is negative or no number is damage, and the library would end itself on it or spoil the model. */
async function assertNumbers(
  source: ByteSource,
  { name, offset, columns, divisors }: ImportanceEntry,
  signal: AbortSignal | undefined,
): Promise<void> {
  const endOffset = offset + columns * divisors.length * FLOAT_BYTES;
  const window = new Uint8Array(Math.min(IMATRIX_WINDOW_BYTES, endOffset - offset));
  for (let at = offset; at < endOffset; at += window.length) {
    throwIfAborted(signal);
    const bytes = await source.read(at, Math.min(window.length, endOffset - at), window);
    const values = new Float32Array(bytes.buffer, 0, bytes.length / FLOAT_BYTES);
    const bad = values.findIndex((value) => !(value >= 0 && value < Infinity));
    if (bad === -1) continue;
    const what = `the numbers of ${escapeText(name, 80)} hold ${values[bad] ?? NaN}`;
    throw invalidMatrix(source.name, what, {
      expected: 'finite numbers of at least 0',
      received: String(values[bad]),
      offset: at + bad * FLOAT_BYTES,
    });
  }
}
