import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLlamaCppEngine, type ServingModel } from '../../src/engine/index.ts';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import { startServer, type RunningServer } from '../../src/serve/index.ts';
import { ORDINARY_TEMPLATE, templatedGguf } from '../fakes/templated-model.ts';

interface Served {
  readonly server: RunningServer;
  readonly model: ServingModel;
}

let folder = '';
const open: RunningServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-serve-'));
});
afterAll(async () => {
  for (const server of open) await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function serve(name: string, bytes: Uint8Array): Promise<Served> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const engine = await loadLlamaCppEngine();
  const limits = { memoryBytes: 200e6, wallMs: 60_000 };
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    allowRemote: false,
    apiKeyFile: null,
    allowedHosts: [],
    maxQueue: 16,
    requestTimeoutMs: 60_000,
    drainMs: 5000,
  });
  open.push(server);
  const model = await engine.load({ path, limits, purpose: 'service', contextTokens: 256 });
  server.begin({ id: name, sha256: null, release: null }, { model, engine: model.facts.engineVersion });
  return { server, model };
}

interface Whole {
  readonly choices: readonly [
    { readonly text: string; readonly message: { readonly content: string }; readonly finish_reason: string },
  ];
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

async function post({ server }: Served, what: string, body: unknown): Promise<Response> {
  return fetch(`${server.url}/v1/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function complete(served: Served, body: object): Promise<Whole['choices'][0] & Whole['usage']> {
  const response = await post(served, 'completions', { prompt: 'bota', temperature: 0, ...body });
  expect(response.status).toBe(200);
  const { choices, usage } = (await response.json()) as Whole;
  return { ...choices[0], ...usage };
}

const chat = (served: Served, content: string, rest: object = {}): Promise<Response> =>
  post(served, 'chat/completions', { messages: [{ role: 'user', content }], max_tokens: 4, ...rest });

describe('a served model', () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve('sample', await ggufBytes(sampleModel({ contextLength: 1024 })));
  });

  it('continues a prompt as the load test of the same engine does', async () => {
    const { text } = await served.model.generate({
      prompt: 'bota',
      tokens: 16,
      banEndOfGeneration: false,
      checkLogits: false,
    });
    const answer = await complete(served, {});
    expect(answer).toMatchObject({ finish_reason: 'length', prompt_tokens: 2, completion_tokens: 16 });
    // The first word of a text loses its space, the first one of a continuation does not.
    expect(answer.text.trimStart()).toBe(text);
  });

  it('gives the same answer for the same seed, and the most probable one without chance', async () => {
    const sampled = { temperature: 1, max_tokens: 24 };
    const [first, again, other] = [
      await complete(served, { ...sampled, seed: 7 }),
      await complete(served, { ...sampled, seed: 7 }),
      await complete(served, { ...sampled, seed: 8 }),
    ];
    expect(again.text).toBe(first.text);
    expect(other.text).not.toBe(first.text);
    const narrow = await complete(served, { temperature: 1, top_p: 1e-6, max_tokens: 24 });
    expect(narrow.text).toBe((await complete(served, { max_tokens: 24 })).text);
  });

  it('streams what it would have said whole', async () => {
    const body = { prompt: 'bota', temperature: 1, seed: 3, max_tokens: 80 };
    const whole = await complete(served, body);
    const stream = await (await post(served, 'completions', { ...body, stream: true })).text();
    const text = stream
      .split('\n\n')
      .filter((part) => part.startsWith('data: {'))
      .map((part) => (JSON.parse(part.slice(6)) as Whole).choices[0].text)
      .join('');
    expect(text).toBe(whole.text);
    expect(stream.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('ends before a stop text', async () => {
    const { text } = await complete(served, {});
    const stop = text.slice(5, 8);
    const stopped = await complete(served, { stop: [stop, 'never said'] });
    expect(stopped).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finish_reason: 'stop' });
  });

  it('fills its context and no more, and refuses a prompt that is longer', async () => {
    const full = await complete(served, { max_tokens: 60_000 });
    expect(full).toMatchObject({ finish_reason: 'length', completion_tokens: 254 });
    const response = await post(served, 'completions', { prompt: 'bota '.repeat(300) });
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect({ status: response.status, code: error.code }).toEqual({ status: 400, code: 'prompt_refused' });
    expect(error.message).toMatch(/has \d+ tokens and the context has room for 255/);
    expect(error.message).not.toContain(folder);
  });

  it('renders messages with its template, in which text never becomes a special token', async () => {
    const tokensOf = async (content: string): Promise<number> =>
      ((await (await chat(served, content)).json()) as Whole).usage.prompt_tokens;
    expect((await tokensOf('</s>')) - (await tokensOf(''))).toBeGreaterThan(2);
    // In a plain prompt it is one.
    const plain = await complete(served, { prompt: 'x</s>' });
    expect(plain.prompt_tokens - (await complete(served, { prompt: 'x' })).prompt_tokens).toBe(1);
  });

  it('reads messages as the plain text that its template makes of them', async () => {
    const plain = '{{ bos_token }}{% for message in messages %}{{ message.content }}{% endfor %}';
    const talking = await serve('plain', await templatedGguf({ default: plain }));
    const body = { temperature: 0, max_tokens: 8 };
    const { choices, usage } = (await (await chat(talking, ' bota', body)).json()) as Whole;
    const { text, prompt_tokens } = await complete(talking, { ...body, prompt: 'bota' });
    expect([choices[0].message.content, usage.prompt_tokens]).toEqual([text, prompt_tokens]);
  });

  it('goes on after a client has left in the middle', async () => {
    const controller = new AbortController();
    const leaving = await fetch(`${served.server.url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: 'bota', max_tokens: 1000, stream: true }),
      signal: controller.signal,
    });
    await leaving.body?.getReader().read();
    controller.abort();
    expect((await complete(served, {})).completion_tokens).toBe(16);
  });

  it('answers many at once, each as if it were alone', async () => {
    const seeds = Array.from({ length: 12 }, (_, seed) => seed);
    const alone: string[] = [];
    const body = { temperature: 1, max_tokens: 12 };
    for (const seed of seeds) alone.push((await complete(served, { ...body, seed })).text);
    const together = await Promise.all(seeds.map((seed) => complete(served, { ...body, seed })));
    expect(together.map(({ text }) => text)).toEqual(alone);
  });
});

describe('a model without a chat template that works', () => {
  it.each([
    ['none', {}, 'has no chat template'],
    ['a broken one', { default: '{% for' }, 'does not work'],
    ['one that refuses', { default: "{{ raise_exception('not today') }}" }, 'not today'],
  ])('says so to a chat, and completes a plain prompt: %s', async (name, templates, message) => {
    const served = await serve(name.replaceAll(' ', '-'), await templatedGguf(templates));
    const response = await chat(served, 'hi');
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect({ status: response.status, code: error.code }).toEqual({ status: 400, code: 'chat_unsupported' });
    expect(error.message).toContain(message);
    expect((await complete(served, { max_tokens: 2 })).completion_tokens).toBe(2);
    const sampling = { temperature: 0, topP: 1, seed: null };
    const prompt = { kind: 'chat', messages: [{ role: 'user', content: 'hi' }] } as const;
    await expect(served.model.answer({ prompt, maxTokens: 1, sampling, stop: [] })).rejects.toMatchObject({
      code: 'ENGINE_CHAT_UNSUPPORTED',
      exitCode: 3,
    });
  });

  it('says why the template refuses these messages', async () => {
    const strict = `{% for message in messages %}{% if loop.index0 > 0 and message.role == 'user' and messages[loop.index0 - 1].role == 'user' %}{{ raise_exception('roles must alternate') }}{% endif %}{% endfor %}${ORDINARY_TEMPLATE}`;
    const served = await serve('strict', await templatedGguf({ default: strict }));
    const twice = [
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
    ];
    const response = await post(served, 'chat/completions', { messages: twice });
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect({ status: response.status, code: error.code }).toEqual({ status: 400, code: 'prompt_refused' });
    expect(error.message).toContain('roles must alternate');
    expect((await chat(served, 'hi')).status).toBe(200);
  });
});
