/** A server with OpenAI's API that is a script: it runs no model, and misbehaves as each test tells it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ScriptedServer {
  readonly url: string;
  /** What it was asked, in order. */
  readonly asked: readonly Asked[];
  /** Connections that are open now. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export interface Asked {
  readonly page: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readonly<Record<string, unknown>>;
}

export type Page = (response: ServerResponse, asked: Asked) => void | Promise<void>;
export type Pages = Readonly<Record<string, Page>>;

/** Where a page is not in the script, it is 404. The list of models is `m` unless the script has another. */
export async function scriptedServer(pages: Pages): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const all: Pages = { '/v1/models': json({ data: [{ id: 'm' }] }), ...pages };
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const body = text === '' ? {} : (JSON.parse(text) as Asked['body']);
      const question = { page: request.url ?? '', headers: request.headers, body };
      asked.push(question);
      // Whoever is to hold an answer to a grammar has a page for that.
      const wanted = 'grammar' in body ? 'grammar' : question.page;
      const page = all[wanted] ?? refuse(404, 'there is no such page');
      void Promise.resolve(page(response, question)).catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    connections: () => new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function json(value: unknown, status = 200): Page {
  return (response) => void response.writeHead(status, JSON_TYPE).end(JSON.stringify(value));
}

export function refuse(status: number, message: string, code: string | null = null): Page {
  return json({ error: { message, type: 'invalid_request_error', param: null, code } }, status);
}

/** Parts as they are, each a write of its own that the other side has a chance to see alone. */
export function stream(parts: Iterable<string | Uint8Array>, contentType = 'text/event-stream'): Page {
  return async (response) => {
    response.writeHead(200, { 'content-type': contentType });
    response.flushHeaders();
    for (const part of parts) {
      response.write(part);
      await sleep(0);
    }
    response.end();
  };
}

export function event(document: unknown): string {
  return `data: ${typeof document === 'string' ? document : JSON.stringify(document)}\n\n`;
}

export interface ChunkOptions {
  readonly model?: string;
  readonly finish?: string | null;
  readonly more?: object;
}

/** A piece of a completion and of a chat at once. */
export function chunk(text: string, { model = 'm', finish = null, more = {} }: ChunkOptions = {}): string {
  const choice = { index: 0, text, delta: { content: text }, finish_reason: finish };
  return event({ object: 'chunk', model, choices: [choice], ...more });
}

export const DONE = event('[DONE]');

/** The usual end: the reason, the counts, the last word. */
export function ending(tokens: number, finish = 'stop'): readonly string[] {
  const usage = { prompt_tokens: 5, completion_tokens: tokens, total_tokens: 5 + tokens };
  return [chunk('', { finish }), event({ model: 'm', choices: [], usage }), DONE];
}

const JSON_TYPE = { 'content-type': 'application/json' };
