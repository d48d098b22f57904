/** Which server it is, where it says so on a page beside the API. */
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { MAX_VERSION_TEXT } from './limits.ts';
import type { OpenAiConnection, Question } from './openai-connection.ts';
import { readPage } from './openai-models.ts';

export interface ServerVersion {
  readonly version: string | null;
  /** llama-server's page about itself, where there is one. */
  readonly props: JsonObject | null;
}

/** Throws where the server is gone, slow or interrupted; a page that it has not says nothing. */
export async function readServerVersion(
  connection: OpenAiConnection,
  { signal }: Pick<Question, 'signal'> = {},
): Promise<ServerVersion> {
  const page = async (name: string): Promise<JsonObject | null> => readPage(connection, name, { signal });
  // `milton serve` has it on its health page, llama-server with its properties, vLLM and others on a page of its own.
  const engine = toVersion((await page('health'))?.['engine']);
  if (engine !== null) return { version: `milton serve, ${engine}`, props: null };
  const props = await page('props');
  const build = toVersion(props?.['build_info']);
  if (build !== null) return { version: `llama-server ${build}`, props };
  return { version: toVersion((await page('version'))?.['version']), props };
}

function toVersion(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' && value.length <= MAX_VERSION_TEXT && !isJsonObject(value)
    ? value
    : null;
}
