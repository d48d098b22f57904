/** Whether a server holds its answers to a grammar. Some refuse one, others pass it over in silence: only trying tells. */
import { EngineFailure } from './error.ts';
import { askServed } from './openai-ask.ts';
import type { OpenAiConnection, Question } from './openai-connection.ts';
import { toQuestionJson } from './openai-question.ts';
import { whyNot } from './openai-score.ts';
import type { Prompt } from './serving.ts';

/** Null where it does. Throws where the server is gone, slow, or answers for another model. */
export async function whyNotConstrained(
  connection: OpenAiConnection,
  model: string,
  { signal }: Pick<Question, 'signal'> = {},
): Promise<string | null> {
  let said = '';
  const ask = async (prompt: Prompt): Promise<void> => {
    const constraint = { kind: 'gbnf', grammar: `root ::= "${ONLY_ANSWER}"` } as const;
    const asked = { maxTokens: MAX_TOKENS, temperature: 0, seed: 1, stop: [], constraint };
    const question = toQuestionJson(prompt, { ...asked, model });
    const options = { json: question.required, signal, model, maxTokens: MAX_TOKENS };
    said = (await askServed(connection, question, options)).text;
  };
  const text = 'Say yes.';
  const reason = await whyNot(
    ask({ kind: 'chat', messages: [{ role: 'user', content: text }] }).catch(async (error: unknown) => {
      if (!(error instanceof EngineFailure) || error.code !== 'ENGINE_CHAT_UNSUPPORTED') throw error;
      await ask({ kind: 'text', text });
    }),
  );
  if (reason !== null) return reason;
  return said === ONLY_ANSWER ? null : 'The server passes a grammar over, and answers as if there were none.';
}

/** Nothing that a model would say by itself. */
const ONLY_ANSWER = 'Qz7';
const MAX_TOKENS = 16;
