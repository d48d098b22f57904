/** How probable a text is, from a server that repeats a prompt with the log-probability of each token (`echo`, as vLLM does). */
import { EngineFailure } from './error.ts';
import { MAX_SERVER_ANSWER_BYTES } from './limits.ts';
import type { OpenAiConnection, Question } from './openai-connection.ts';
import { echoReply } from './openai-protocol.ts';

/** The two numbers of a `Score` that a server can tell without its tokens. */
export interface ServedScore {
  /** Natural logarithm; the sum over the continuation's tokens. */
  readonly logProbability: number;
  readonly tokenCount: number;
}

export interface EchoedToken {
  readonly text: string;
  /** Null for the first token, which has nothing before it. */
  readonly logProbability: number | null;
}

export interface EchoOptions extends Pick<Question, 'signal'> {
  readonly model: string;
  /** Some servers repeat a prompt only where they also continue it. */
  readonly maxTokens: 0 | 1;
}

/** Throws `ENGINE_LOGITS_INVALID`, `ENGINE_OTHER_MODEL` and what `OpenAiConnection.ask` does. */
export async function readEcho(
  connection: OpenAiConnection,
  text: string,
  { model, maxTokens, signal }: EchoOptions,
): Promise<readonly EchoedToken[]> {
  const url = connection.address.api('completions');
  const failures = connection.at(url);
  const json = { model, prompt: text, max_tokens: maxTokens, temperature: 0, echo: true, logprobs: 1 };
  const value = await connection.ask(url, { json, maxBytes: MAX_SERVER_ANSWER_BYTES, signal });
  failures.assertNoError(value);
  const reply = failures.check(echoReply, value);
  if (typeof reply.model === 'string' && reply.model !== model) throw failures.otherModel(model, reply.model);
  const [choice] = reply.choices;
  if (choice === undefined || !choice.text.startsWith(text))
    throw failures.invalid('the prompt, repeated', 'another text');
  const { tokens, token_logprobs: logProbabilities } = choice.logprobs;
  const count = reply.usage.prompt_tokens;
  if (tokens.length !== logProbabilities.length || tokens.length < count || count === 0) {
    const received = `${tokens.length} tokens and ${logProbabilities.length} log-probabilities`;
    throw failures.invalid(`log-probabilities of ${count} tokens`, received);
  }
  const echoed = tokens.slice(0, count).map((text, index) => ({
    text,
    logProbability: logProbabilities[index] ?? null,
  }));
  if (echoed.slice(1).some(({ logProbability }) => logProbability === null)) {
    throw new EngineFailure(
      'ENGINE_LOGITS_INVALID',
      'The server gives no log-probability for a token of a text.',
      {
        details: { url: url.href, expected: 'a number for each token after the first', received: 'null' },
      },
    );
  }
  return echoed;
}

/** Of what the longer text adds. Throws `ENGINE_REQUEST_INVALID`. */
export function scoreEchoed(before: readonly EchoedToken[], whole: readonly EchoedToken[]): ServedScore {
  // A token that reaches over the border belongs to the continuation, since it holds a part of it.
  let start = 0;
  while (start < before.length && before[start]?.text === whole[start]?.text) start += 1;
  const added = whole.slice(start);
  if (start === 0 || added.length === 0) {
    const reason = start === 0 ? 'nothing stands before the continuation' : 'the continuation adds no token';
    throw new EngineFailure('ENGINE_REQUEST_INVALID', `The text cannot be scored: ${reason}.`, {
      details: { expected: 'a prefix and a continuation of a token or more', received: reason },
    });
  }
  return {
    logProbability: added.reduce((sum, { logProbability }) => sum + (logProbability ?? 0), 0),
    tokenCount: added.length,
  };
}
