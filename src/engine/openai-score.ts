/** Finds out how a server tells probabilities of texts: by repeating a prompt, in llama-server's own way, or not at all. */
import type { JsonObject } from '../core/index.ts';
import { assertText } from './request-limits.ts';
import { EngineFailure } from './error.ts';
import { MAX_SERVER_ANSWER_BYTES, MAX_SERVER_PAGE_BYTES } from './limits.ts';
import type { OpenAiConnection, Question } from './openai-connection.ts';
import { readEcho, scoreEchoed, type ServedScore } from './openai-echo.ts';
import { isRefusal, type ServedModel } from './openai-models.ts';
import { toCompletionJson, type Complete } from './server-completion.ts';
import { completionReply, propsReply, tokenizeReply } from './server-protocol.ts';
import { scoreOnServer, scoreTokens, type ScoringServer } from './server-score.ts';

export type ScoreEach = (
  prefix: string,
  continuations: readonly string[],
  question?: Pick<Question, 'signal'>,
) => Promise<readonly ServedScore[]>;

export type Scoring =
  | { readonly kind: 'echo' | 'llama-server'; readonly scoreEach: ScoreEach }
  | { readonly kind: 'none'; readonly reason: string };

/** Asks for the probability of one word. Throws where the server is gone, slow, or answers for another model. */
export async function findScoring(
  connection: OpenAiConnection,
  model: ServedModel,
  { props, signal }: { readonly props: JsonObject | null } & Pick<Question, 'signal'>,
): Promise<Scoring> {
  const reasons: string[] = [];
  for (const maxTokens of [0, 1] as const) {
    const options = { model: model.name, maxTokens };
    const reason = await whyNot(readEcho(connection, PROBE, { ...options, signal }));
    if (reason === null) return { kind: 'echo', scoreEach: echoScoring(connection, options) };
    reasons.push(reason);
  }
  const context = propsReply.safeParse(props).data?.default_generation_settings.n_ctx ?? null;
  if (context === null || model.vocabularySize === null) return { kind: 'none', reason: reasons[0] ?? '' };
  const facts = { contextTokens: context, vocabularySize: model.vocabularySize };
  // Whether its numbers make a distribution at all is looked at here, once.
  const first = llamaServerScoring(connection, model.name, { ...facts, wantsSum: true });
  const reason = await whyNot(first(PROBE, [PROBE], { signal }));
  const scoreEach = llamaServerScoring(connection, model.name, { ...facts, wantsSum: false });
  return reason === null ? { kind: 'llama-server', scoreEach } : { kind: 'none', reason };
}

function echoScoring(
  connection: OpenAiConnection,
  options: { readonly model: string; readonly maxTokens: 0 | 1 },
): ScoreEach {
  return async (prefix, continuations, { signal } = {}) => {
    const before = await readEcho(connection, prefix, { ...options, signal });
    const scores: ServedScore[] = [];
    for (const continuation of continuations) {
      assertText(connection.address.base, prefix + continuation);
      scores.push(
        scoreEchoed(before, await readEcho(connection, prefix + continuation, { ...options, signal })),
      );
    }
    return scores;
  };
}

function llamaServerScoring(
  connection: OpenAiConnection,
  name: string,
  { wantsSum, ...facts }: ScoringServer['facts'] & { readonly wantsSum: boolean },
): ScoreEach {
  const ask = async (page: string, json: object, signal: AbortSignal | undefined) => {
    const url = connection.address.beside(page);
    const maxBytes = page === 'tokenize' ? MAX_SERVER_PAGE_BYTES : MAX_SERVER_ANSWER_BYTES;
    const value = await connection.ask(url, { json, maxBytes, signal });
    return { value, failures: connection.at(url) };
  };
  return async (prefix, continuations, { signal } = {}) => {
    let isFirst = true;
    const complete: Complete = async (request) => {
      // The first reads the prefix anew; what it made the server compute stands for all that follow.
      const json = toCompletionJson({ ...request, continues: !isFirst });
      isFirst = false;
      const { value, failures } = await ask('completion', { ...json, model: name }, signal);
      const reply = failures.check(completionReply, value);
      if (reply.model !== name) throw failures.otherModel(name, reply.model);
      return { value: reply, durationMs: 0 };
    };
    const tokenize = async (text: string): Promise<readonly number[]> => {
      const json = { content: text, add_special: true, parse_special: true, model: name };
      const { value, failures } = await ask('tokenize', json, signal);
      return failures.check(tokenizeReply, value).tokens;
    };
    const server: ScoringServer = { complete, tokenize, facts, path: connection.address.base };
    const scores: ServedScore[] = [];
    for (const continuation of continuations) {
      assertText(connection.address.base, prefix + continuation);
      const request = { prefix, continuation };
      const { perToken } = wantsSum
        ? await scoreOnServer(request, server)
        : await scoreTokens(request, server, { wantsSum });
      const logProbability = perToken.reduce((sum, { logProbability }) => sum + logProbability, 0);
      scores.push({ logProbability, tokenCount: perToken.length });
    }
    return scores;
  };
}

/** Null where it works; what the server said where it is not offered. */
export async function whyNot(asked: Promise<unknown>): Promise<string | null> {
  try {
    await asked;
    return null;
  } catch (error) {
    if (isRefusal(error) || (error instanceof EngineFailure && error.code === 'ENGINE_LOGITS_INVALID'))
      return error.message;
    throw error;
  }
}

/** Of more than one token in every vocabulary. */
const PROBE = ' one two three';
