/** What an importance matrix says, whichever form it has: for each weight, where its numbers lie and what they are divided by. */
import { escapeText } from '../core/index.ts';
import { QuantizeFailure } from './error.ts';

/** Of one tensor: for each of its matrices (one, or one for each expert) a row of as many numbers as it has columns. */
export interface ImportanceEntry {
  /** Of the tensor of the model. */
  readonly name: string;
  /** Where the numbers (float32, little-endian) start in the file. */
  readonly offset: number;
  readonly columns: number;
  /** For each matrix what its numbers are divided by; 0 where it was never used, and every column counts the same. */
  readonly divisors: readonly number[];
}

export interface ImportanceTable {
  readonly format: 'gguf' | 'dat';
  readonly entries: readonly ImportanceEntry[];
  /** The texts that the model read, as the file names them. */
  readonly datasets: readonly string[];
  /** How many pieces of text it read; 0 where the file does not say. */
  readonly chunkCount: number;
}

export interface ImportanceOptions {
  readonly signal?: AbortSignal | undefined;
}

export const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Of all its numbers. */
export function importanceBytes({ entries }: Pick<ImportanceTable, 'entries'>): number {
  return entries.reduce((sum, { columns, divisors }) => sum + columns * divisors.length * FLOAT_BYTES, 0);
}

export function invalidMatrix(
  name: string,
  what: string,
  details: { readonly expected: string; readonly received: string; readonly offset?: number },
): QuantizeFailure {
  return new QuantizeFailure(
    'QUANTIZE_IMATRIX_INVALID',
    `${escapeText(name)} is no importance matrix that can be used: ${what}.`,
    { details },
  );
}
