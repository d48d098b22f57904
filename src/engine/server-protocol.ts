/**
 * What llama-server answers, as far as it is read here (llama.cpp, tools/server/README.md). Every answer is checked: the
 * process may be broken, or not a llama-server at all. Fields beyond these do no harm.
 */
import { z } from 'zod';

const whole = z.int().nonnegative();
const duration = z.number().nonnegative();

/** `GET /v1/models`. */
export const modelsReply = z.object({
  data: z.array(z.object({ id: z.string(), meta: z.object({ n_vocab: whole.positive() }) })).min(1),
});

/** `GET /props`. */
export const propsReply = z.object({
  model_path: z.string(),
  default_generation_settings: z.object({ n_ctx: whole.positive() }),
});

/** `POST /tokenize`. */
export const tokenizeReply = z.object({ tokens: z.array(whole) });

/** Null is how JSON writes a NaN; −3.4e38 is how the server writes the logarithm of zero. */
const logProbability = z.number().max(1e-3).nullable();

/** The probabilities of one step, of all tokens before any was banned: the largest first. */
const stepProbabilities = z.object({
  top_logprobs: z.array(z.object({ id: whole, logprob: logProbability })),
});
export type StepProbabilities = z.infer<typeof stepProbabilities>;

/** `POST /completion`. */
export const completionReply = z.object({
  content: z.string(),
  tokens: z.array(whole),
  model: z.string(),
  tokens_evaluated: whole,
  truncated: z.boolean(),
  stop_type: z.enum(['none', 'eos', 'limit', 'word']),
  timings: z.object({ prompt_ms: duration, predicted_ms: duration }),
  completion_probabilities: z.array(stepProbabilities).optional(),
});
export type CompletionReply = z.infer<typeof completionReply>;

/** Of a refused request. */
export const errorReply = z.object({ error: z.object({ message: z.string() }) });
