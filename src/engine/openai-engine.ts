/** The engine that somebody else runs: any server with OpenAI's API, asked over HTTP. It is never started nor stopped here. */
import type { Warning } from '../core/index.ts';
import { DEFAULT_ANSWER_MS, DEFAULT_CONNECT_MS, DEFAULT_IDLE_MS } from './limits.ts';
import { parseAddress, readApiKey } from './openai-address.ts';
import { openAiConnection, type OpenAiLimits } from './openai-connection.ts';
import { listServedModels, type ServedModel } from './openai-models.ts';
import { OPENAI_ENGINE_NAME, openSubject, type ServedSubject } from './openai-subject.ts';

export interface OpenAiEngineOptions {
  /** Of http or https, with or without `/v1`. */
  readonly baseUrl: string;
  /** The environment variable that holds the key. The key is sent to this server, and is printed and recorded nowhere. */
  readonly apiKeyVariable?: string | null;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly limits?: Partial<OpenAiLimits>;
  readonly onWarning?: (warning: Warning) => void;
}

export interface OpenAiEngine {
  readonly name: typeof OPENAI_ENGINE_NAME;
  /** As it stands in records. */
  readonly baseUrl: string;
  /** Throws `ENGINE_SERVER_*`, `ENGINE_REPLY_INVALID`, `CORE_INTERRUPTED`. */
  listModels(options?: { readonly signal?: AbortSignal }): Promise<readonly ServedModel[]>;
  /**
   * The model under this name, and no other; asks the server a few small questions to learn what it can do. Throws
   * `ENGINE_MODEL_NOT_SERVED`, `ENGINE_OTHER_MODEL` and what `listModels` does.
   */
  subject(name: string, options?: { readonly signal?: AbortSignal }): Promise<ServedSubject>;
}

/** Throws `ENGINE_ADDRESS_INVALID`, `ENGINE_KEY_UNUSABLE`. Nothing is sent yet. */
export function createOpenAiEngine({
  baseUrl,
  apiKeyVariable = null,
  env = process.env,
  limits = {},
  onWarning = () => undefined,
}: OpenAiEngineOptions): OpenAiEngine {
  const address = parseAddress(baseUrl);
  const key = apiKeyVariable === null ? null : readApiKey(apiKeyVariable, env);
  const connection = openAiConnection(address, {
    key,
    limits: {
      connectMs: DEFAULT_CONNECT_MS,
      idleMs: DEFAULT_IDLE_MS,
      answerMs: DEFAULT_ANSWER_MS,
      ...limits,
    },
  });
  if (key !== null && address.isClear) {
    onWarning({
      code: 'ENGINE_KEY_IN_CLEAR',
      message: `The key is sent to ${address.base} without encryption: whoever is on the way can read it.`,
    });
  }
  return {
    name: OPENAI_ENGINE_NAME,
    baseUrl: address.base,
    listModels: async ({ signal } = {}) => listServedModels(connection, { signal }),
    subject: async (name, { signal } = {}) => openSubject(connection, name, { onWarning, signal }),
  };
}
