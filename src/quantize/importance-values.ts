/** The numbers of an importance matrix as the quantizer wants them: means. Only read in the process that quantizes. */
import type { ByteSource } from '../core/index.ts';
import type { ImportanceEntry } from './importance-table.ts';

export interface TensorImportance {
  readonly name: string;
  readonly values: Float32Array;
}

/** As `llama-quantize` computes them, in float32; what was never used counts 1 everywhere. */
export async function readImportances(
  source: ByteSource,
  entries: readonly ImportanceEntry[],
): Promise<readonly TensorImportance[]> {
  const read: TensorImportance[] = [];
  for (const { name, offset, columns, divisors } of entries) {
    const values = new Float32Array(columns * divisors.length);
    await source.read(offset, values.byteLength, new Uint8Array(values.buffer));
    for (const [matrix, divisor] of divisors.entries()) {
      const row = values.subarray(matrix * columns, (matrix + 1) * columns);
      const by = Math.fround(divisor);
      // Writing to the array rounds to float32, as the division of two float32 does.
      for (const [index, value] of row.entries()) row[index] = by === 0 ? 1 : value / by;
    }
    read.push({ name, values });
  }
  return read;
}
