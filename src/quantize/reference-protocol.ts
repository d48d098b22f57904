/** The messages between the parent and the contained process that runs a tokenizer of Hugging Face. Replies are checked. */
import { z } from 'zod';
import type { JsonObject } from '../core/index.ts';
import type { CheckStrings } from './check-strings.ts';

/** The one message that the process gets. */
export interface ReferenceOrder {
  readonly definition: JsonObject;
  readonly strings: CheckStrings;
}

const tokens = z.array(z.int().nonnegative());

export const referenceTokens = z.object({
  withSpecial: z.array(tokens),
  asText: z.array(tokens),
  /** Of `a`, with what the tokenizer puts around a text. */
  around: tokens,
});
export type ReferenceTokens = z.infer<typeof referenceTokens>;

export const referenceMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tokens'), value: referenceTokens }),
  z.object({ kind: z.literal('unusable'), reason: z.string() }),
]);
export type ReferenceMessage = z.infer<typeof referenceMessage>;

/** What `around` is of. */
export const AROUND = 'a';
