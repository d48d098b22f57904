/** One request to `/completion`: greedy, whatever the flags of the server say about sampling (tools/server/README.md). */
import type { Answered } from './server-process.ts';
import type { CompletionReply } from './server-protocol.ts';

export type Complete = (request: CompletionRequest) => Promise<Answered<CompletionReply>>;

export interface CompletionRequest {
  readonly prompt: string | readonly number[];
  readonly tokens: number;
  readonly banEndOfGeneration: boolean;
  /** How many probabilities of each step to tell; reading them takes time, so that a measurement asks for none. */
  readonly probabilities?: number;
  /** Lets what was computed for the last request stand where this one begins with the same tokens. */
  readonly continues?: boolean;
}

/** What a request leaves out would be as the server's flags say. */
export function toCompletionJson(request: CompletionRequest): object {
  const { prompt, tokens, banEndOfGeneration, probabilities = 0, continues = false } = request;
  return {
    prompt,
    n_predict: tokens,
    temperature: 0,
    top_k: 1,
    samplers: ['top_k', 'temperature'],
    seed: 0,
    mirostat: 0,
    ignore_eos: banEndOfGeneration,
    n_probs: probabilities,
    post_sampling_probs: false,
    cache_prompt: continues,
    return_tokens: true,
    stream: false,
    stop: [],
    t_max_predict_ms: 0,
  };
}
