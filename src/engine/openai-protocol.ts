/**
 * What servers with OpenAI's API answer, as far as it is read here (API reference: models, completions, chat completions,
 * embeddings; llama.cpp tools/server/README.md for `timings` and `meta`). Fields beyond these do no harm.
 */
import { z } from 'zod';

import { MAX_SERVED_NAME_LENGTH } from './limits.ts';

const whole = z.int().nonnegative();
const text = z.string().nullish();

/** `GET /v1/models`. `sha256` is what `milton serve` adds, `meta` what llama-server does. */
export const modelListReply = z.object({
  data: z.array(
    z.object({
      id: z.string().min(1).max(MAX_SERVED_NAME_LENGTH),
      sha256: z
        .string()
        .regex(/^(sha256:)?[0-9a-f]{64}$/)
        .nullish(),
      meta: z.object({ n_vocab: z.unknown() }).partial().nullish().catch(null),
    }),
  ),
});

const usage = z.object({
  prompt_tokens: whole,
  completion_tokens: whole.nullish(),
  prompt_tokens_details: z.object({ cached_tokens: whole.nullish() }).nullish().catch(null),
});
export type Usage = z.infer<typeof usage>;

/** One event of a stream of `POST /v1/chat/completions` or `/v1/completions`. */
export const streamChunk = z.object({
  model: text,
  choices: z
    .array(
      z.object({
        index: z.literal(0, 'one answer was asked for').optional(),
        /** Of a completion. */
        text,
        /** Of a chat. Some servers tell what a model thinks apart from what it says. */
        delta: z.object({ content: text, reasoning_content: text, reasoning: text }).nullish(),
        finish_reason: text,
        /** vLLM: the stop text, or the number of the token that ended it. */
        stop_reason: z.union([z.string(), z.number()]).nullish(),
      }),
    )
    .max(1),
  usage: usage.nullish(),
  timings: z.unknown().optional(),
});
export type StreamChunk = z.infer<typeof streamChunk>;

/** llama-server's own clock, in milliseconds. */
export const serverTimings = z.object({
  prompt_n: whole,
  prompt_ms: z.number().nonnegative(),
  predicted_n: whole,
  predicted_ms: z.number().nonnegative(),
});

/** `POST /v1/completions` with `echo` and `logprobs`, as vLLM answers it. The first token has nothing before it. */
export const echoReply = z.object({
  model: text,
  choices: z
    .array(
      z.object({
        text: z.string(),
        logprobs: z.object({
          tokens: z.array(z.string()),
          token_logprobs: z.array(z.number().max(1e-3).nullable()),
        }),
      }),
    )
    .length(1),
  usage,
});

/** `POST /v1/embeddings`. */
export const embeddingsReply = z.object({
  model: text,
  data: z.array(z.object({ index: whole, embedding: z.array(z.number()).min(1) })),
});
