/** One question to one model, its answer read from the stream while it comes. */
import { answerReader, type ServedAnswer } from './openai-answer.ts';
import type { OpenAiConnection, Question } from './openai-connection.ts';
import type { QuestionJson } from './openai-question.ts';

export interface AskServedOptions extends Pick<Question, 'signal'> {
  readonly json: object;
  readonly model: string;
  readonly maxTokens: number;
}

/** Throws `ENGINE_SERVER_*`, `ENGINE_REPLY_INVALID`, `ENGINE_OTHER_MODEL`, `ENGINE_CHAT_UNSUPPORTED`, `CORE_INTERRUPTED`. */
export async function askServed(
  connection: OpenAiConnection,
  { page }: Pick<QuestionJson, 'page'>,
  { json, signal, model, maxTokens }: AskServedOptions,
): Promise<ServedAnswer> {
  const url = connection.address.api(page);
  const reader = answerReader({ model, maxTokens, failures: connection.at(url) });
  await connection.stream(url, { json, signal, onEvent: reader.read });
  return reader.finish();
}
