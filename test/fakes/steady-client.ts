/** Somebody who uses the model all the time: asks its health page over and over, and reads one stream after another. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface SteadyClient {
  /** Ends, and tells how it went. */
  stop(): Promise<ClientReport>;
}

export interface ClientReport {
  readonly answers: number;
  readonly streams: number;
  /** Connections that were refused, answers other than 200, streams that were cut: each in words. */
  readonly failures: readonly string[];
  /** Every version that answered, in the order in which it was first seen. */
  readonly versions: readonly string[];
}

export function startSteadyClient(url: string): SteadyClient {
  const stopped = new AbortController();
  let answers = 0;
  let streams = 0;
  const failures: string[] = [];
  const versions = new Set<string>();
  const again = async (once: () => Promise<void>): Promise<void> => {
    while (!stopped.signal.aborted) {
      await once().catch((error: unknown) => failures.push(describe(error)));
      await sleep(5);
    }
  };
  const work = Promise.all([
    again(async () => {
      const answer = await fetch(`${url}/health`);
      if (answer.status !== 200) throw new Error(`status ${answer.status}`);
      versions.add(((await answer.json()) as { readonly version: string }).version);
      answers += 1;
    }),
    again(async () => {
      const text = await (await fetch(`${url}/stream`)).text();
      if (!text.endsWith('data: [DONE]\n\n')) throw new Error(`a stream was cut after ${text.length} bytes`);
      streams += 1;
    }),
  ]);
  return {
    async stop() {
      stopped.abort();
      await work;
      return { answers, streams, failures, versions: [...versions] };
    },
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
