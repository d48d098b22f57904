/** The messages between the parent and the contained process that quantizes. They may come from a broken process. */
import { z } from 'zod';
import type { QuantizerRequest } from './llama-quantizer.ts';

/** The one message that the process gets. */
export interface QuantizeOrder extends QuantizerRequest {
  readonly libraryPath: string;
}

export const quantizerMessage = z.discriminatedUnion('kind', [
  /** A line of the log, whole or in pieces. */
  z.object({ kind: z.literal('log'), text: z.string() }),
  z.object({ kind: z.literal('unusable'), reason: z.string() }),
  z.object({ kind: z.literal('done'), code: z.int().nonnegative() }),
]);
export type QuantizerMessage = z.infer<typeof quantizerMessage>;
