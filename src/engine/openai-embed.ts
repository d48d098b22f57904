/** Vectors of texts, from a server that makes them (`POST /v1/embeddings`): one for each text, all of one width. */
import { MAX_EMBEDDED_AT_ONCE, MAX_EMBEDDING_DIMENSIONS, MAX_SERVER_ANSWER_BYTES } from './limits.ts';
import type { OpenAiConnection, Question } from './openai-connection.ts';
import { embeddingsReply } from './openai-protocol.ts';
import { assertText } from './request-limits.ts';

/** In the order of the texts. */
export type Embed = (
  texts: readonly string[],
  question?: Pick<Question, 'signal'>,
) => Promise<readonly (readonly number[])[]>;

/** It throws `ENGINE_REPLY_INVALID`, `ENGINE_OTHER_MODEL`, and what `OpenAiConnection.ask` does. */
export function embedder(connection: OpenAiConnection, model: string): Embed {
  const url = connection.address.api('embeddings');
  const failures = connection.at(url);
  const askFor = async (texts: readonly string[], signal: AbortSignal | undefined) => {
    const json = { model, input: texts, encoding_format: 'float' };
    const value = await connection.ask(url, { json, maxBytes: MAX_SERVER_ANSWER_BYTES, signal });
    failures.assertNoError(value);
    const reply = failures.check(embeddingsReply, value);
    if (typeof reply.model === 'string' && reply.model !== model)
      throw failures.otherModel(model, reply.model);
    const vectors = new Map(reply.data.map(({ index, embedding }) => [index, embedding]));
    if (vectors.size !== texts.length || reply.data.length !== texts.length || vectors.size === 0)
      throw failures.invalid(`one vector for each of ${texts.length} texts`, `${reply.data.length} vectors`);
    return texts.map((_, index) => {
      const vector = vectors.get(index);
      if (vector === undefined) throw failures.invalid(`a vector for text ${index}`, 'one for another text');
      if (vector.length > MAX_EMBEDDING_DIMENSIONS)
        throw failures.invalid(`at most ${MAX_EMBEDDING_DIMENSIONS} numbers`, `${vector.length} numbers`);
      // It points nowhere, so that nothing is near it.
      if (vector.every((number) => number === 0)) throw failures.invalid('a vector', 'one of zeros');
      return vector;
    });
  };
  return async (texts, { signal } = {}) => {
    for (const text of texts) assertText(connection.address.base, text);
    const vectors: (readonly number[])[] = [];
    for (let at = 0; at < texts.length; at += MAX_EMBEDDED_AT_ONCE)
      vectors.push(...(await askFor(texts.slice(at, at + MAX_EMBEDDED_AT_ONCE), signal)));
    const width = vectors[0]?.length;
    const other = vectors.find((vector) => vector.length !== width);
    if (other !== undefined) throw failures.invalid(`vectors of ${width} numbers`, `one of ${other.length}`);
    return vectors;
  };
}
