/** What is live on the target of the demo, asked over HTTP as any client asks it. */
import { throwIfAborted } from '../core/index.ts';
import type { DeployContext } from '../deploy/index.ts';
import type { LlamaCppEngine } from '../engine/index.ts';
import { DEFAULT_DRAIN_MS, DEFAULT_REQUEST_TIMEOUT_MS } from '../serve/index.ts';
import { serveModel } from './serve-model.ts';

export interface DemoAnswer {
  readonly question: string;
  readonly answer: string;
  /** What answered, as the server names it. */
  readonly version: string;
}

/** Starts a server on a free port of the loopback, asks, ends it. Throws what serving throws. */
export async function askLive(
  question: string,
  { layout, state, clock, signal }: Omit<DeployContext, 'engine'>,
  { engine }: { readonly engine: LlamaCppEngine },
): Promise<DemoAnswer> {
  const asked = new AbortController();
  const ending = AbortSignal.any([asked.signal, ...(signal === undefined ? [] : [signal])]);
  const answers: Promise<DemoAnswer>[] = [];
  await serveModel(
    {
      source: { kind: 'target', path: layout.targetPath },
      verify: true,
      contextTokens: null,
      threads: null,
      gpuLayers: 0,
      listen: LISTEN,
    },
    {
      state,
      clock,
      engine,
      signal: ending,
      onReady: ({ url }) => {
        const answer = ask(url, question, ending).finally(() => asked.abort());
        // Whoever waits for it below hears of a failure; until then it is nobody's.
        answer.catch(() => undefined);
        answers.push(answer);
      },
    },
  );
  throwIfAborted(signal);
  const [answer] = answers;
  if (answer === undefined) throw new TypeError('The server ended before it was asked.');
  return answer;
}

const LISTEN = {
  host: '127.0.0.1',
  port: 0,
  allowRemote: false,
  apiKeyFile: null,
  allowedHosts: [],
  maxQueue: 1,
  requestTimeoutMs: DEFAULT_REQUEST_TIMEOUT_MS,
  drainMs: DEFAULT_DRAIN_MS,
};

async function ask(url: string, question: string, signal: AbortSignal): Promise<DemoAnswer> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: question }], temperature: 0 }),
    signal,
  });
  const { model, choices } = (await response.json()) as {
    readonly model: string;
    readonly choices: readonly { readonly message: { readonly content: string } }[];
  };
  return { question, version: model, answer: choices[0]?.message.content ?? '' };
}
