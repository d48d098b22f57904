import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EngineFailure } from '../../src/engine/index.ts';
import {
  startServer,
  type ListenOptions,
  type RequestLine,
  type RunningServer,
} from '../../src/serve/index.ts';
import { rawConnection, rawPost } from '../fakes/raw-http.ts';
import { countingModel, type CountingModel, type CountingModelOptions } from '../fakes/serving-model.ts';

const OPTIONS: ListenOptions = {
  host: '127.0.0.1',
  port: 0,
  allowRemote: false,
  apiKeyFile: null,
  allowedHosts: [],
  maxQueue: 4,
  requestTimeoutMs: 20_000,
  drainMs: 5000,
};
const NAME = { id: 'v1', sha256: 'a'.repeat(64), release: 'deploy_v1' };
const PATH = '/v1/completions';

interface Served {
  readonly server: RunningServer;
  readonly model: CountingModel;
  readonly lines: RequestLine[];
  readonly stop: AbortController;
  readonly end: ReturnType<RunningServer['untilEnd']>;
}

const open: RunningServer[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function start(
  options: Partial<ListenOptions> = {},
  modelOptions: CountingModelOptions = {},
): Promise<Served> {
  const lines: RequestLine[] = [];
  const server = await startServer({ ...OPTIONS, ...options }, { onRequest: (line) => lines.push(line) });
  open.push(server);
  const model = countingModel(modelOptions);
  server.begin(NAME, { model, engine: 'fake 1' });
  const stop = new AbortController();
  return { server, model, lines, stop, end: server.untilEnd(stop.signal) };
}

function post(
  { server }: Pick<Served, 'server'>,
  body: unknown,
  {
    path = PATH,
    headers = {},
    signal,
  }: { path?: string; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The documents of a stream, `[DONE]` as a text. */
function events(text: string): unknown[] {
  return text
    .split('\n\n')
    .filter((part) => part !== '')
    .map((part) => {
      expect(part).toMatch(/^data: [^\n]*$/);
      const data = part.slice('data: '.length);
      return data === '[DONE]' ? data : (JSON.parse(data) as unknown);
    });
}

async function errorOf(response: Response): Promise<Record<string, unknown>> {
  const body = (await response.json()) as { error: Record<string, unknown> };
  expect(Object.keys(body.error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
  return { status: response.status, ...body.error };
}

describe('a server that loads', () => {
  it('says so, and which model is on its way', async () => {
    const server = await startServer(OPTIONS);
    open.push(server);
    const early = await fetch(`${server.url}/health`);
    expect(early.status).toBe(503);
    expect(await early.json()).toEqual({ status: 'loading', model: null, sha256: null, release: null });
    server.announce(NAME);
    const health = await fetch(`${server.url}/health`);
    expect(await health.json()).toMatchObject({ status: 'loading', model: 'v1', sha256: NAME.sha256 });
    expect(await errorOf(await post({ server }, { prompt: 'x' }))).toMatchObject({
      status: 503,
      code: 'loading',
    });
  });
});

describe('a server', () => {
  it('tells what it runs', async () => {
    const { server } = await start();
    const health = await fetch(`${server.url}/health?now`);
    expect(health.status).toBe(200);
    expect(await health.json()).toEqual({
      status: 'ok',
      model: 'v1',
      sha256: NAME.sha256,
      release: 'deploy_v1',
      engine: 'fake 1',
    });
    const models = await fetch(`${server.url}/v1/models`);
    expect(await models.json()).toMatchObject({
      object: 'list',
      data: [{ id: 'v1', object: 'model', sha256: NAME.sha256, release: 'deploy_v1' }],
    });
    const head = await fetch(`${server.url}/health`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('completes and chats, whole', async () => {
    const served = await start();
    const completion = await post(served, { model: 'v1', prompt: 'x', max_tokens: 3 });
    expect(completion.headers.get('access-control-allow-origin')).toBeNull();
    expect(await completion.json()).toMatchObject({
      id: expect.stringMatching(/^cmpl-/) as string,
      object: 'text_completion',
      model: 'v1',
      choices: [{ index: 0, text: '1 2 3 ', finish_reason: 'length' }],
      usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 },
    });
    const chat = await post(
      served,
      { messages: [{ role: 'user', content: 'x' }] },
      { path: '/v1/chat/completions' },
    );
    expect(await chat.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: '1 2 3 4 5 6 7 8 9 10 ' }, finish_reason: 'stop' }],
    });
  });

  it('completes and chats as a stream', async () => {
    const served = await start();
    const body = { stream: true, max_tokens: 2, stream_options: { include_usage: true } };
    const completion = await post(served, { ...body, prompt: 'x' });
    expect(completion.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const documents = events(await completion.text());
    expect(documents).toMatchObject([
      { object: 'text_completion', choices: [{ text: '1 ', finish_reason: null }] },
      { choices: [{ text: '2 ' }] },
      { choices: [{ text: '', finish_reason: 'length' }] },
      { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
      '[DONE]',
    ]);
    const chat = await post(
      served,
      { stream: true, max_tokens: 1, messages: [{ role: 'user', content: 'x' }] },
      { path: '/v1/chat/completions' },
    );
    expect(events(await chat.text())).toMatchObject([
      { object: 'chat.completion.chunk', choices: [{ delta: { role: 'assistant', content: '' } }] },
      { choices: [{ delta: { content: '1 ' }, finish_reason: null }] },
      { choices: [{ delta: {}, finish_reason: 'length' }] },
      '[DONE]',
    ]);
  });

  it('sends each piece when it is there', async () => {
    const served = await start({}, { isPaced: true });
    const connection = await rawConnection(served.server.url);
    connection.send(rawPost(PATH, { prompt: 'x', max_tokens: 2, stream: true }));
    served.model.step();
    await connection.until('"text":"1 "');
    await served.model.waits();
    expect(connection.received()).not.toContain('"text":"2 "');
    served.model.step();
    await connection.until('[DONE]');
    connection.socket.destroy();
  });

  it('answers one after the other, in order, whoever asks at once', async () => {
    const served = await start({ maxQueue: 20 });
    const prompts = Array.from({ length: 20 }, (_, index) => `prompt ${index}`);
    const answers = await Promise.all(
      prompts.map(async (prompt, index) => {
        const response = await post(served, { prompt, max_tokens: 5, stream: index % 2 === 0 });
        return [response.status, (await response.text()).includes('5 ')];
      }),
    );
    expect(answers).toEqual(prompts.map(() => [200, true]));
    expect(served.model.mostAtOnce).toBe(1);
    expect(served.model.asked.toSorted()).toEqual(prompts.toSorted());
  });

  it('turns away whoever comes when the line is full', async () => {
    const served = await start({ maxQueue: 1 }, { isPaced: true });
    const first = post(served, { prompt: 'first', max_tokens: 1 });
    await served.model.waits();
    const second = rawConnection(served.server.url);
    (await second).send(rawPost(PATH, { prompt: 'second', max_tokens: 1 }));
    // The second one is in the line once a third is refused.
    let third = await post(served, { prompt: 'third', max_tokens: 1 }, { signal: AbortSignal.timeout(5000) });
    expect(third.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await errorOf(third)).toMatchObject({ status: 503, code: 'queue_full' });
    served.model.step(3);
    expect((await first).status).toBe(200);
    await (await second).until('HTTP/1.1 200');
    third = await post(served, { prompt: 'third', max_tokens: 1 });
    expect(third.status).toBe(200);
    (await second).socket.destroy();
  });

  it('stops answering a client that has gone, and goes on to the next', async () => {
    const served = await start({}, { isPaced: true });
    const connection = await rawConnection(served.server.url);
    connection.send(rawPost(PATH, { prompt: 'left', max_tokens: 500, stream: true }));
    served.model.step();
    await connection.until('"text":"1 "');
    const waiting = await rawConnection(served.server.url);
    waiting.send(rawPost(PATH, { prompt: 'left in the line', max_tokens: 1 }));
    const next = post(served, { prompt: 'next', max_tokens: 1 });
    const goneCount = (): number => served.lines.filter(({ status }) => status === 499).length;
    await fetch(`${served.server.url}/health`);
    waiting.socket.destroy();
    await vi.waitFor(() => expect(goneCount()).toBe(1));
    connection.socket.destroy();
    await vi.waitFor(() => expect(goneCount()).toBe(2));
    served.model.step();
    expect((await next).status).toBe(200);
    expect(served.model.asked).toEqual(['left', 'next']);
    expect(served.model.ended).toEqual(['cancelled', 'token-limit']);
  });

  it('answers pipelined requests in their order', async () => {
    const served = await start();
    const connection = await rawConnection(served.server.url);
    const one = rawPost(PATH, { prompt: 'one', max_tokens: 3, stream: true });
    const two = rawPost(PATH, { prompt: 'two', max_tokens: 2 });
    connection.send(`${one}${two}GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const text = await connection.ended;
    const at = ['[DONE]', '"text":"1 2 "', '"status":"ok"'].map((part) => text.indexOf(part));
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(at[0]).toBeGreaterThan(0);
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
  });

  it('does not mind how a request is cut into pieces', async () => {
    const served = await start();
    const connection = await rawConnection(served.server.url);
    connection.socket.setNoDelay(true);
    const body = Buffer.from(JSON.stringify({ prompt: 'ä😀', max_tokens: 1 }));
    connection.send(
      `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; charset=utf-8\r\n`,
    );
    connection.send('Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n');
    for (const byte of body) {
      connection.send(Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    connection.send('0\r\n\r\n');
    expect(await connection.ended).toContain('HTTP/1.1 200');
    expect(served.model.asked).toEqual(['ä😀']);
  });
});

describe('a request that is refused', () => {
  it.each([
    ['an unknown route', '/v1/nothing', { prompt: 'x' }, {}, 404, 'unknown_route'],
    ['a route that only looks like one', '/__proto__', { prompt: 'x' }, {}, 404, 'unknown_route'],
    ['the wrong method', '/health', { prompt: 'x' }, {}, 405, 'method_not_allowed'],
    ['another model', PATH, { prompt: 'x', model: 'v2' }, {}, 404, 'model_not_found'],
    ['no JSON', PATH, '{"prompt":', {}, 400, 'invalid_json'],
    ['a wrong type', PATH, { prompt: 5 }, {}, 400, 'invalid_field'],
    ['a form', PATH, 'prompt=x', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['a compressed body', PATH, 'x', { 'content-encoding': 'gzip' }, 415, 'unsupported_encoding'],
    ['a large body', PATH, ' '.repeat(4 * 1024 * 1024 + 1), {}, 413, 'request_too_large'],
  ])('is told so: %s', async (_, path, body, headers, status, code) => {
    const served = await start();
    expect(await errorOf(await post(served, body, { path, headers }))).toMatchObject({ status, code });
    expect(served.model.asked).toEqual([]);
  });

  it('is told so where no size is given beforehand', async () => {
    const served = await start();
    const connection = await rawConnection(served.server.url);
    connection.send(`POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`);
    connection.send('Transfer-Encoding: chunked\r\n\r\n');
    for (let count = 0; count < 70; count += 1) connection.send(`10000\r\n${' '.repeat(65_536)}\r\n`);
    expect(await connection.until('request_too_large')).toContain('HTTP/1.1 413');
    connection.socket.destroy();
  });

  it('never has its words repeated unescaped', async () => {
    const served = await start();
    const connection = await rawConnection(served.server.url);
    connection.send('GET /\u001b[2J HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    // eslint-disable-next-line no-control-regex
    expect(await connection.ended).not.toMatch(/\u001b/);
  });

  it('comes from a page of somebody else: a name that is none of ours', async () => {
    const served = await start({ allowedHosts: ['LLM.example.org'] });
    const ask = async (host: string): Promise<string> => {
      const connection = await rawConnection(served.server.url);
      connection.send(`GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      return (await connection.ended).slice(0, 12);
    };
    expect(await ask('evil.example')).toBe('HTTP/1.1 403');
    expect(await ask('llm.example.org:8080')).toBe('HTTP/1.1 200');
  });

  it('is no HTTP, or has too many headers', async () => {
    const served = await start();
    const noise = await rawConnection(served.server.url);
    noise.send('\u0016\u0003\u0001 hello\r\n\r\n');
    expect(await noise.ended).toMatch(/^HTTP\/1\.1 400 .*"code":"invalid_http"/s);
    const large = await rawConnection(served.server.url);
    large.send(`GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(await large.ended).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('comes too slowly', async () => {
    const served = await start();
    const [silent, slow] = await Promise.all([
      rawConnection(served.server.url),
      rawConnection(served.server.url),
    ]);
    slow.send('GET /health HTTP/1.1\r\nHost: localhost\r\n');
    const drip = setInterval(() => slow.send('X: y\r\n'), 200);
    const [first, second] = await Promise.all([silent.ended, slow.ended]);
    clearInterval(drip);
    expect([first, second].every((text) => text.startsWith('HTTP/1.1 408'))).toBe(true);
  });

  it('does not get its refusal into the answer of another', async () => {
    const served = await start({}, { isPaced: true });
    const connection = await rawConnection(served.server.url);
    connection.send(rawPost(PATH, { prompt: 'x', max_tokens: 5, stream: true }));
    served.model.step();
    await connection.until('"text":"1 "');
    connection.send('no HTTP at all\r\n\r\n');
    const text = await connection.ended;
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(text).not.toContain('invalid_http');
  });
});

describe('a server with a key', () => {
  const KEY = 'correct-horse-battery';

  async function withKey(host = '127.0.0.1'): Promise<Served> {
    const folder = await mkdtemp(join(tmpdir(), 'milton-serve-'));
    folders.push(folder);
    const apiKeyFile = join(folder, 'key');
    await writeFile(apiKeyFile, KEY);
    await chmod(apiKeyFile, 0o600);
    return start({ apiKeyFile, host });
  }

  it('answers those who show it, and tells the others nothing but its health', async () => {
    const served = await withKey();
    const body = { prompt: 'x', max_tokens: 1 };
    expect(await errorOf(await post(served, body))).toMatchObject({ status: 401, code: 'invalid_api_key' });
    const wrong = await post(served, body, { headers: { authorization: 'Bearer wrong' } });
    expect(wrong.status).toBe(401);
    expect((await fetch(`${served.server.url}/v1/models`)).status).toBe(401);
    expect((await fetch(`${served.server.url}/health`)).status).toBe(200);
    expect((await post(served, body, { headers: { authorization: `Bearer ${KEY}` } })).status).toBe(200);
    expect(served.model.asked).toEqual(['x']);
  });

  it('may be reached from other machines, as one may that was told to serve them', async () => {
    await expect(start({ host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'SERVE_REMOTE_UNGUARDED',
      exitCode: 2,
    });
    expect((await withKey('0.0.0.0')).server.url).toContain('0.0.0.0');
    expect((await start({ host: '0.0.0.0', allowRemote: true })).server.url).toContain('0.0.0.0');
  });
});

describe('an address that cannot be had', () => {
  it('is refused with the reason', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await expect(start({ port })).rejects.toMatchObject({ code: 'SERVE_ADDRESS_TAKEN', exitCode: 1 });
    await new Promise((resolve) => other.close(resolve));
    // Of a documentation network (RFC 5737): no machine has it.
    const remote = { host: '192.0.2.1', allowRemote: true };
    await expect(start(remote)).rejects.toMatchObject({ code: 'SERVE_ADDRESS_REFUSED' });
  });
});

describe('a server that is asked to end', () => {
  it('finishes what it answers, refuses who waits, and closes the model', async () => {
    const served = await start({}, { isPaced: true });
    const running = post(served, { prompt: 'running', max_tokens: 2, stream: true });
    await served.model.waits();
    const waiting = await rawConnection(served.server.url);
    waiting.send(rawPost(PATH, { prompt: 'waiting', max_tokens: 1 }));
    const kept = await rawConnection(served.server.url);
    kept.send('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await kept.until('"ok"');
    // In the line by now.
    await fetch(`${served.server.url}/health`);
    served.stop.abort();
    expect(await waiting.until('shutting_down')).toMatch(/^HTTP\/1\.1 503 .*retry-after: 2/s);
    await kept.ended;
    await expect(fetch(`${served.server.url}/health`)).rejects.toThrow();
    expect(served.model.isClosed).toBe(false);
    served.model.step(2);
    expect(events(await (await running).text()).at(-1)).toBe('[DONE]');
    expect(await served.end).toMatchObject({ kind: 'drained', failure: null });
    expect(served.model.isClosed).toBe(true);
  });

  it('does not keep a connection for a next request once its answer is read', async () => {
    const served = await start({ drainMs: 4000 }, { isPaced: true });
    const connection = await rawConnection(served.server.url);
    connection.send(rawPost(PATH, { prompt: 'x', max_tokens: 2, stream: true }));
    served.model.step();
    await connection.until('"text":"1 "');
    served.stop.abort();
    served.model.step();
    expect(await connection.ended).toContain('[DONE]');
    expect(await served.end).toMatchObject({ kind: 'drained' });
  });

  it('cuts off what is not complete in time, and says so in the stream', async () => {
    const served = await start({ drainMs: 50 }, { isPaced: true });
    const connection = await rawConnection(served.server.url);
    connection.send(rawPost(PATH, { prompt: 'x', max_tokens: 5, stream: true }));
    served.model.step();
    await connection.until('"text":"1 "');
    served.stop.abort();
    const text = await connection.ended;
    expect(text).toContain('"code":"shutting_down"');
    expect(text).not.toContain('[DONE]');
    expect(await served.end).toMatchObject({ kind: 'cut' });
  });

  it('waits no longer than that for a request that never comes whole', async () => {
    const served = await start({ drainMs: 50 }, { isPaced: true });
    const connection = await rawConnection(served.server.url);
    connection.send(
      `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
    );
    // Taken up once a second one on the same server is.
    await fetch(`${served.server.url}/health`);
    served.stop.abort();
    expect(await served.end).toMatchObject({ kind: 'cut' });
    connection.socket.destroy();
  });
});

describe('an answer that takes too long', () => {
  it('is given up, whole or in the middle of a stream', async () => {
    const served = await start({ requestTimeoutMs: 60 }, { isPaced: true });
    const whole = await post(served, { prompt: 'x', max_tokens: 5 });
    expect(await errorOf(whole)).toMatchObject({ status: 504, code: 'answer_timed_out' });
    const connection = await rawConnection(served.server.url);
    connection.send(rawPost(PATH, { prompt: 'x', max_tokens: 5, stream: true }, 'Connection: close\r\n'));
    served.model.step();
    const text = await connection.ended;
    expect(text).toContain('"code":"answer_timed_out"');
    expect(text).not.toContain('[DONE]');
    expect(served.model.ended).toEqual(['cancelled', 'cancelled']);
  });
});

describe('an engine that dies', () => {
  it('ends the server with its failure; who is being answered hears of it, without a path', async () => {
    const served = await start({}, { isPaced: true });
    const whole = post(served, { prompt: 'x', max_tokens: 5 });
    await served.model.waits();
    const failure = new EngineFailure('ENGINE_CRASHED', 'The process that was to run /srv/x.gguf was ended.');
    served.model.die(failure);
    const response = await whole;
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).toContain('ENGINE_CRASHED');
    expect(text).not.toContain('/srv/x.gguf');
    expect(await served.end).toMatchObject({ kind: 'engine-died', failure });
  });

  it('does so while nobody asks', async () => {
    const served = await start();
    served.model.die(new EngineFailure('ENGINE_OUT_OF_MEMORY', 'Out of memory.'));
    expect(await served.end).toMatchObject({
      kind: 'engine-died',
      failure: { code: 'ENGINE_OUT_OF_MEMORY' },
    });
    await expect(fetch(`${served.server.url}/health`)).rejects.toThrow();
  });
});
