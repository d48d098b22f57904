/** One question in the words of OpenAI's API: streamed, and with what only some servers take kept apart. Pure. */
import type { JsonObject } from '../core/index.ts';
import type { AnswerConstraint, Prompt } from './serving.ts';

export interface ServedQuestion {
  readonly maxTokens: number;
  /** 0 takes the most probable token each time. */
  readonly temperature: number;
  readonly seed: number;
  readonly stop: readonly string[];
  readonly constraint?: AnswerConstraint | undefined;
}

/** What a server may refuse without the question making no sense any more. */
export const OPTIONAL_FIELDS = [
  'stream_options',
  'cache_prompt',
  'seed',
  'top_p',
  'frequency_penalty',
  'presence_penalty',
] as const;
export type OptionalField = (typeof OPTIONAL_FIELDS)[number];

export interface QuestionJson {
  /** Below `/v1`. */
  readonly page: string;
  readonly required: JsonObject;
  readonly optional: Readonly<Partial<Record<OptionalField, JsonObject | number | boolean>>>;
}

export function toQuestionJson(
  prompt: Prompt,
  { model, maxTokens, temperature, seed, stop, constraint }: ServedQuestion & { readonly model: string },
): QuestionJson {
  const asked: JsonObject =
    prompt.kind === 'chat'
      ? { messages: prompt.messages.map(({ role, content }) => ({ role, content })) }
      : { prompt: prompt.text };
  return {
    page: prompt.kind === 'chat' ? 'chat/completions' : 'completions',
    required: {
      model,
      ...asked,
      max_tokens: maxTokens,
      temperature,
      ...(stop.length > 0 && { stop: [...stop] }),
      ...(constraint !== undefined && { grammar: constraint.grammar }),
      stream: true,
    },
    optional: {
      stream_options: { include_usage: true },
      // llama-server: a prompt that it has read before would be read in no time.
      cache_prompt: false,
      seed,
      // Whatever the server was told to do by default, the answer is the model's own.
      top_p: 1,
      frequency_penalty: 0,
      presence_penalty: 0,
    },
  };
}
