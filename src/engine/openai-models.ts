/** Which models a server says it has, and which bytes each is. */
import { escapeText, Failure, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { EngineFailure } from './error.ts';
import { MAX_MODEL_LIST_BYTES, MAX_SERVER_PAGE_BYTES } from './limits.ts';
import type { OpenAiConnection, Question } from './openai-connection.ts';
import { modelListReply } from './openai-protocol.ts';

export interface ServedModel {
  /** As the server lists it. */
  readonly name: string;
  /** Lower-case hex, of the artifact, where the server states it (`milton serve` does); else null. */
  readonly sha256: string | null;
  /** Where a llama-server says it; else null. */
  readonly vocabularySize: number | null;
}

/** Throws what `OpenAiConnection.ask` does. */
export async function listServedModels(
  connection: OpenAiConnection,
  { signal }: Question = {},
): Promise<readonly ServedModel[]> {
  const url = connection.address.api('models');
  const value = await connection.ask(url, { maxBytes: MAX_MODEL_LIST_BYTES, signal });
  const { data } = connection.at(url).check(modelListReply, value);
  return data.map(({ id, sha256, meta }) => {
    const size = meta?.n_vocab;
    return {
      name: id,
      sha256: sha256?.replace('sha256:', '') ?? null,
      vocabularySize: typeof size === 'number' && Number.isSafeInteger(size) && size > 0 ? size : null,
    };
  });
}

/**
 * The model that the server has under this name. Throws `ENGINE_MODEL_NOT_SERVED`, `ENGINE_OTHER_MODEL` where its health
 * page states another digest, and what `listServedModels` does.
 */
export async function findServedModel(
  connection: OpenAiConnection,
  name: string,
  { signal }: Question = {},
): Promise<ServedModel> {
  const served = await listServedModels(connection, { signal });
  const [model, another] = served.filter((model) => model.name === name);
  if (model === undefined || another !== undefined) throw notServed(connection, name, served);
  const health = await readPage(connection, 'health', { signal });
  const stated = health?.['model'] === name ? health['sha256'] : null;
  if (typeof stated !== 'string') return model;
  const sha256 = stated.replace(/^sha256:/, '');
  if (/^[0-9a-f]{64}$/.test(sha256) && (model.sha256 ?? sha256) === sha256) return { ...model, sha256 };
  const failures = connection.at(connection.address.beside('health'));
  throw failures.otherModel(model.sha256 ?? 'a SHA-256', stated);
}

/** Null where the server has no such page, or no JSON object on it. Throws where there is no answer at all. */
export async function readPage(
  connection: OpenAiConnection,
  page: string,
  { signal }: Question = {},
): Promise<JsonObject | null> {
  const value = await ifAnswered(
    connection.ask(connection.address.beside(page), { maxBytes: MAX_SERVER_PAGE_BYTES, signal }),
  );
  return isJsonObject(value) ? value : null;
}

/** Null for what the server refuses or answers otherwise; it being gone, slow or interrupted stays a failure. */
async function ifAnswered(asked: Promise<JsonValue>): Promise<JsonValue> {
  try {
    return await asked;
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

/** Whether a server answered, but not with what was asked for. */
export function isRefusal(error: unknown): error is EngineFailure {
  return (
    error instanceof Failure &&
    (error.code === 'ENGINE_SERVER_REFUSED' || error.code === 'ENGINE_REPLY_INVALID')
  );
}

function notServed(
  connection: OpenAiConnection,
  name: string,
  served: readonly ServedModel[],
): EngineFailure {
  const { quote } = connection.at(connection.address.api('models'));
  const names = served.slice(0, SHOWN_NAMES).map((model) => quote(model.name));
  const more = served.length > SHOWN_NAMES ? ` and ${served.length - SHOWN_NAMES} more` : '';
  const received = served.length === 0 ? 'no model' : `${names.join(', ')}${more}`;
  return new EngineFailure(
    'ENGINE_MODEL_NOT_SERVED',
    `${escapeText(connection.address.base)} does not serve one model under the name ${escapeText(name)}; it lists ${received}.`,
    { details: { url: connection.address.base, expected: name, received } },
  );
}

const SHOWN_NAMES = 8;
