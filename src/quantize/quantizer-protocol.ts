/** The messages between the parent and the contained process that quantizes. They may come from a broken process. */
import { z } from 'zod';
import type { JsonObject } from '../core/index.ts';
import type { ImportanceEntry } from './importance-table.ts';
import type { QuantizerRequest } from './llama-quantizer.ts';

/** The one message that the process gets. */
export interface QuantizeOrder extends Omit<QuantizerRequest, 'importances'> {
  readonly libraryPath: string;
  /** Read where the numbers are needed; a dry run takes no entries, and only knows that there is a matrix. */
  readonly imatrix: { readonly path: string; readonly entries: readonly ImportanceEntry[] } | null;
}

export function toOrderMessage({ imatrix, overrides, ...order }: QuantizeOrder): JsonObject {
  const entries = imatrix?.entries.map((entry) => ({ ...entry })) ?? [];
  return {
    ...order,
    overrides: overrides.map((override) => ({ ...override })),
    imatrix: imatrix === null ? null : { path: imatrix.path, entries },
  };
}

export const quantizerMessage = z.discriminatedUnion('kind', [
  /** A line of the log, whole or in pieces. */
  z.object({ kind: z.literal('log'), text: z.string() }),
  z.object({ kind: z.literal('unusable'), reason: z.string() }),
  z.object({ kind: z.literal('done'), code: z.int().nonnegative() }),
]);
export type QuantizerMessage = z.infer<typeof quantizerMessage>;
