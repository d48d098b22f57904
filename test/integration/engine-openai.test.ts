import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Warning } from '../../src/core/index.ts';
import {
  type EngineFailure,
  loadOpenAiEngine,
  type OpenAiEngineOptions,
  type ServedSubject,
} from '../../src/engine/index.ts';
import {
  chunk,
  DONE,
  ending,
  event,
  json,
  refuse,
  scriptedServer,
  stream,
  type Page,
  type Pages,
  type ScriptedServer,
} from '../fakes/openai-server.ts';

const open: ScriptedServer[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((server) => server.close()))));

async function serve(pages: Pages): Promise<ScriptedServer> {
  const server = await scriptedServer(pages);
  open.push(server);
  return server;
}

async function subject(
  pages: Pages,
  options: Partial<OpenAiEngineOptions> = {},
): Promise<{ server: ScriptedServer; model: ServedSubject; warnings: Warning[] }> {
  const server = await serve(pages);
  const warnings: Warning[] = [];
  const onWarning = (warning: Warning): void => void warnings.push(warning);
  const engine = await loadOpenAiEngine({ baseUrl: server.url, onWarning, ...options });
  return { server, model: await engine.subject('m'), warnings };
}

const CHAT = { kind: 'chat', messages: [{ role: 'user', content: 'Größe?' }] } as const;
const ASK = { maxTokens: 16, temperature: 0, seed: 7, stop: ['\n\n'] };

/** Answers a chat with this page. */
const chat = (page: Page): Pages => ({ '/v1/chat/completions': page });
const answer = async (page: Page, options?: Partial<OpenAiEngineOptions>) =>
  (await subject(chat(page), options)).model.answer(CHAT, ASK);
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no failure',
    (error: unknown) => (error as { readonly code?: string }).code ?? error,
  );

const failureOf = async (work: Promise<unknown>): Promise<EngineFailure> =>
  work.then(
    () => expect.unreachable(),
    (error: unknown) => error as EngineFailure,
  );

const SOUND = ['gr', 'ö', 'ße', ' 🦙'].map((text) => chunk(text));

describe('an answer of a server with the API of OpenAI', () => {
  it('is the text of all pieces, with the counts of the server, whatever the bytes come in', async () => {
    const whole = Buffer.from([': hello\r\n\r\n', ...SOUND, ': ping\n\n', ...ending(4)].join(''));
    const bytes = [...whole].map((byte) => Uint8Array.of(byte));
    for (const parts of [bytes, [whole], [whole.subarray(0, 93), whole.subarray(93)]]) {
      expect(await answer(stream(parts))).toMatchObject({
        text: 'größe 🦙',
        promptTokenCount: 5,
        tokenCount: 4,
        countedBy: 'usage',
        endedBy: 'end-of-generation',
        timings: null,
      });
    }
  });

  it('is asked for greedily, with the seed, the stop texts and the counts', async () => {
    const page = stream([...SOUND, ...ending(4)]);
    const { server, model } = await subject({ ...chat(page), '/v1/completions': page });
    await model.answer(CHAT, ASK);
    await model.answer({ kind: 'text', text: 'One' }, { ...ASK, stop: [] });
    const [first, second] = server.asked.slice(-2);
    expect(first?.page).toBe('/v1/chat/completions');
    expect(first?.headers['accept-encoding']).toBe('identity');
    expect(first?.body).toMatchObject({
      model: 'm',
      messages: [{ role: 'user', content: 'Größe?' }],
      max_tokens: 16,
      temperature: 0,
      seed: 7,
      stop: ['\n\n'],
      stream: true,
      stream_options: { include_usage: true },
      cache_prompt: false,
    });
    expect(second).toMatchObject({ page: '/v1/completions', body: { prompt: 'One' } });
    expect(second?.body).not.toHaveProperty('stop');
  });

  it('has its first token where the first text is, not where the role or a sign of life is', async () => {
    const page: Page = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`: alive\n\n${chunk('')}`);
      await sleep(60);
      response.end([...SOUND, ...ending(4)].join(''));
    };
    const { timeToFirstTokenMs, totalMs } = await answer(page);
    // The clock of the other side may be a little ahead.
    expect(timeToFirstTokenMs).toBeGreaterThan(50);
    expect(totalMs).toBeGreaterThanOrEqual(timeToFirstTokenMs);
  });

  it('says why it ended', async () => {
    const endedBy = async (finish: string, tokens = 4, more = {}) => {
      const end = [
        chunk('', { finish }),
        event({ choices: [], usage: { prompt_tokens: 5, completion_tokens: tokens } }),
      ];
      const stopped = event({ choices: [{ index: 0, text: '', finish_reason: finish, ...more }] });
      return (await answer(stream([...SOUND, ...end, ...(finish === 'stop' ? [stopped] : []), DONE])))
        .endedBy;
    };
    expect(await endedBy('length', 16)).toBe('token-limit');
    expect(await endedBy('length', 9)).toBe('context-full');
    expect(await endedBy('stop', 4, { stop_reason: '\n\n' })).toBe('stop-text');
    expect(await endedBy('stop', 4, { stop_reason: 2 })).toBe('end-of-generation');
    expect(await codeOf(answer(stream([...SOUND, chunk('', { finish: 'tool_calls' }), DONE])))).toBe(
      'ENGINE_REPLY_INVALID',
    );
  });

  it('has the times of llama-server where they can be, and no others', async () => {
    const timings = { prompt_n: 5, prompt_ms: 0.5, predicted_n: 4, predicted_ms: 0.25 };
    const told = (more: object) =>
      stream([...SOUND, chunk('', { finish: 'stop', more }), ...ending(4).slice(1)]);
    expect((await answer(told({ timings }))).timings).toEqual({
      promptMs: 0.5,
      promptTokens: 5,
      evalMs: 0.25,
      evalTokens: 3,
    });
    const { model, warnings } = await subject(chat(told({ timings: { ...timings, predicted_ms: 9e9 } })));
    expect((await model.answer(CHAT, ASK)).timings).toBeNull();
    expect(warnings.map(({ code }) => code)).toEqual(['ENGINE_TIMINGS_UNBELIEVABLE']);
  });

  it('counts the pieces where the server counts no tokens, and says so once', async () => {
    for (const parts of [
      [...SOUND, chunk('', { finish: 'stop' }), DONE],
      [...SOUND, ...ending(0)],
    ]) {
      const { model, warnings } = await subject(chat(stream(parts)));
      await model.answer(CHAT, ASK);
      expect(await model.answer(CHAT, ASK)).toMatchObject({ tokenCount: 4, countedBy: 'chunks' });
      expect(warnings.map(({ code }) => code)).toEqual(['ENGINE_TOKENS_COUNTED_BY_CHUNKS']);
    }
  });

  it('leaves out what the server refuses, tells what that means, and does not ask for it again', async () => {
    const page: Page = (response, asked) => {
      const strict = ['cache_prompt', 'seed'].find((name) => name in asked.body);
      if (strict !== undefined)
        return refuse(400, `Unrecognized request argument supplied: ${strict}`)(response, asked);
      return stream([...SOUND, ...ending(4)])(response, asked);
    };
    const { server, model, warnings } = await subject(chat(page));
    expect(await model.answer(CHAT, ASK)).toMatchObject({ tokenCount: 4 });
    expect(warnings.map(({ code }) => code)).toEqual(['ENGINE_FIELD_REFUSED', 'ENGINE_FIELD_REFUSED']);
    expect(warnings[1]?.message).toContain('seed');
    const before = server.asked.length;
    await model.answer(CHAT, ASK);
    expect(server.asked.length).toBe(before + 1);
    expect(server.asked.at(-1)?.body).toHaveProperty('stream_options');
  });

  it('gives the first refusal where leaving things out does not help', async () => {
    let count = 0;
    const page: Page = (response, asked) => refuse(400, `too long, ${(count += 1)}`)(response, asked);
    await expect(answer(page)).rejects.toMatchObject({
      code: 'ENGINE_SERVER_REFUSED',
      details: { status: 400, received: 'too long, 1' },
    });
  });

  it('is held to a grammar only where the server was seen to do so', async () => {
    const constraint = { kind: 'gbnf', grammar: 'root ::= "a"' } as const;
    const obeys = stream([chunk('Qz7'), ...ending(3)]);
    const ignores = stream([...SOUND, ...ending(4)]);
    for (const [grammar, constrains] of [
      [obeys, true],
      [ignores, false],
      [refuse(400, 'This server does not offer grammar.'), false],
    ] as const) {
      const { server, model } = await subject({ ...chat(ignores), grammar });
      expect(model.constrains).toBe(constrains);
      expect(model.missing.some(({ what }) => what === 'constraints')).toBe(!constrains);
      await model.answer(CHAT, { ...ASK, constraint });
      expect(server.asked.at(-1)?.body['grammar']).toBe(constrains ? constraint.grammar : undefined);
    }
  });

  it('is asked for in plain text where the server cannot chat, to see whether it keeps to a grammar', async () => {
    const grammar: Page = (response, asked) =>
      (asked.page === '/v1/completions'
        ? stream([chunk('Qz7'), ...ending(3)])
        : refuse(400, 'you must provide a chat template'))(response, asked);
    expect((await subject({ grammar })).model.constrains).toBe(true);
  });

  it('may stay open after its last word', async () => {
    const page: Page = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      response.write([...SOUND, ...ending(4)].join(''));
    };
    const { server, model } = await subject(chat(page));
    expect(await model.answer(CHAT, ASK)).toMatchObject({ tokenCount: 4 });
    while ((await server.connections()) > 0) await sleep(5);
  });
});

describe('a server that does not answer well', () => {
  const cases: Readonly<Record<string, readonly [Page, string]>> = {
    'refuses with 500': [refuse(500, 'out of memory'), 'ENGINE_SERVER_REFUSED'],
    'refuses with 401': [refuse(401, 'no'), 'ENGINE_SERVER_REFUSED'],
    'refuses without words': [(response) => void response.writeHead(503).end(), 'ENGINE_SERVER_REFUSED'],
    'sends us elsewhere': [
      (response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      'ENGINE_SERVER_REFUSED',
    ],
    'cannot chat': [refuse(400, 'no template', 'chat_unsupported'), 'ENGINE_CHAT_UNSUPPORTED'],
    'breaks off with an error': [
      stream([...SOUND, event({ error: { message: 'the slot was lost', code: 500 } })]),
      'ENGINE_SERVER_REFUSED',
    ],
    'breaks off with an error as vLLM words it': [
      stream([...SOUND, event({ object: 'error', message: 'the engine is dead' })]),
      'ENGINE_SERVER_REFUSED',
    ],
    'ends its stream in the middle': [stream(SOUND), 'ENGINE_REPLY_INVALID'],
    'says that it is done before the answer is': [stream([...SOUND, DONE]), 'ENGINE_REPLY_INVALID'],
    'cuts the connection in the middle': [
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(SOUND.join(''), () => response.destroy());
      },
      'ENGINE_SERVER_DISCONNECTED',
    ],
    'cuts the connection at once': [(response) => void response.destroy(), 'ENGINE_SERVER_DISCONNECTED'],
    'answers for another model': [
      stream([chunk('a', { model: 'other' }), ...ending(1)]),
      'ENGINE_OTHER_MODEL',
    ],
    'answers with a page': [stream(['<html>'], 'text/html'), 'ENGINE_REPLY_INVALID'],
    'answers without a content type': [
      (response) => void response.writeHead(200).end('{}'),
      'ENGINE_REPLY_INVALID',
    ],
    'answers in one document': [json({ choices: [{ index: 0, text: 'a' }] }), 'ENGINE_REPLY_INVALID'],
    // What it says, not what it does: it would be a sound answer otherwise.
    'says that it packed its answer': [
      (response) =>
        void response
          .writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
          .end([...SOUND, ...ending(4)].join('')),
      'ENGINE_REPLY_INVALID',
    ],
    'sends what is no JSON': [stream(['data: {"choices":\n\n']), 'ENGINE_REPLY_INVALID'],
    'sends other fields': [
      stream([event({ choices: [{ index: 0, delta: { content: 7 } }] })]),
      'ENGINE_REPLY_INVALID',
    ],
    'answers twice at once': [
      stream([event({ choices: [{ index: 1, delta: { content: 'a' } }] })]),
      'ENGINE_REPLY_INVALID',
    ],
    'goes on after the end': [
      stream([chunk('a', { finish: 'stop' }), chunk('b'), DONE]),
      'ENGINE_REPLY_INVALID',
    ],
    'generates more than it was asked for': [stream([...SOUND, ...ending(17)]), 'ENGINE_REPLY_INVALID'],
    'sends a line without end': [
      stream(Array.from({ length: 20 }, () => `data: ${'a'.repeat(2 ** 16)}`)),
      'ENGINE_REPLY_INVALID',
    ],
    'speaks no HTTP': [(response) => void response.socket?.end('SSH-2.0-x\r\n'), 'ENGINE_REPLY_INVALID'],
    'sends headers without end': [
      (response) => void response.socket?.write(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(2 ** 17)}`),
      'ENGINE_REPLY_INVALID',
    ],
    'speaks another protocol from now on': [
      (response) =>
        void response.socket?.write('HTTP/1.1 101 x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      'ENGINE_SERVER_DISCONNECTED',
    ],
    'promises more than it sends': [
      (response) =>
        void response.socket?.end(
          'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9\r\n\r\ndata:',
        ),
      'ENGINE_SERVER_DISCONNECTED',
    ],
    'never comes to an end': [
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const more = (): void => {
          while (!response.destroyed && response.write(`: ${'.'.repeat(2 ** 17)}\n`));
        };
        response.on('drain', more);
        more();
      },
      'ENGINE_REPLY_INVALID',
    ],
  };

  for (const [what, [page, code]] of Object.entries(cases)) {
    it(`is a failure with ${code} where it ${what}`, async () => {
      expect(await codeOf(answer(page))).toBe(code);
    });
  }

  it('quotes the server, and nothing that a terminal would obey', async () => {
    await expect(answer(refuse(500, 'bad \u001b[2J news.'))).rejects.toMatchObject({
      message: expect.stringMatching(/answered with status 500: bad \\x1b\[2J news\.$/) as string,
    });
  });

  it('is let go where it is silent for too long: before its headers, after them, and in the middle', async () => {
    const silent: readonly Page[] = [
      () => undefined,
      ({ socket }) => {
        socket?.write('HTTP/1.1 200 OK\r\nx: ');
        const timer = setInterval(() => socket?.write('a'), 20);
        socket?.on('close', () => clearInterval(timer));
      },
      (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(SOUND.join(''));
      },
    ];
    for (const page of silent) {
      const { server, model } = await subject(chat(page), { limits: { idleMs: 150 } });
      await expect(model.answer(CHAT, ASK)).rejects.toMatchObject({
        code: 'ENGINE_SERVER_TIMED_OUT',
        message: expect.stringContaining('nothing came for 150 ms') as string,
      });
      while ((await server.connections()) > 0) await sleep(5);
    }
  });

  it('is let go where it only shows signs of life for too long', async () => {
    const page: Page = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const timer = setInterval(() => response.write(': alive\n\n'), 10);
      response.on('close', () => clearInterval(timer));
    };
    await expect(answer(page, { limits: { answerMs: 200 } })).rejects.toMatchObject({
      code: 'ENGINE_SERVER_TIMED_OUT',
      message: expect.stringContaining('no whole answer within 200 ms') as string,
    });
  });

  it('is let go at an interrupt, in the middle and before it is asked', async () => {
    const interrupt = new AbortController();
    const page: Page = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(SOUND.join(''), () => interrupt.abort());
    };
    const { server, model } = await subject(chat(page));
    const asked = model.answer(CHAT, { ...ASK, signal: interrupt.signal });
    expect(await codeOf(asked)).toBe('CORE_INTERRUPTED');
    while ((await server.connections()) > 0) await sleep(5);
    const before = server.asked.length;
    expect(await codeOf(model.answer(CHAT, { ...ASK, signal: interrupt.signal }))).toBe('CORE_INTERRUPTED');
    expect(server.asked.length).toBe(before);
  });

  it('is not reached where nobody listens', async () => {
    const server = await scriptedServer({});
    await server.close();
    const engine = await loadOpenAiEngine({ baseUrl: server.url });
    expect(await codeOf(engine.subject('m'))).toBe('ENGINE_SERVER_UNREACHABLE');
    expect(await codeOf(engine.listModels())).toBe('ENGINE_SERVER_UNREACHABLE');
  });

  it('is asked one question at a time', async () => {
    let [now, most] = [0, 0];
    const parts = function* (): Iterable<string> {
      most = Math.max(most, (now += 1));
      yield* [...SOUND, ...ending(4).slice(0, -1)];
      now -= 1;
      yield DONE;
    };
    const page: Page = (response, asked) => stream(parts())(response, asked);
    const { model } = await subject(chat(page));
    await Promise.all([1, 2, 3].map(() => model.answer(CHAT, ASK)));
    expect(most).toBe(1);
  });

  it('is refused what makes no sense before it is asked', async () => {
    const { server, model } = await subject({});
    const before = server.asked.length;
    expect(await codeOf(model.answer(CHAT, { ...ASK, maxTokens: 0 }))).toBe('ENGINE_REQUEST_INVALID');
    expect(server.asked.length).toBe(before);
  });
});

describe('the model that is measured', () => {
  const A = 'a'.repeat(64);
  const B = 'b'.repeat(64);
  const load = async (pages: Pages) => (await subject(pages)).model;

  it('is the one under its name, with the digest that the server states', async () => {
    expect((await load({})).served).toEqual({ name: 'm', sha256: null });
    expect(
      (await load({ '/v1/models': json({ data: [{ id: 'x' }, { id: 'm', sha256: A }] }) })).served.sha256,
    ).toBe(A);
    const health = { '/health': json({ model: 'm', sha256: `sha256:${A}`, engine: 'llama-cpp 1' }) };
    expect(await load(health)).toMatchObject({
      engine: { name: 'openai', version: 'milton serve, llama-cpp 1' },
      served: { name: 'm', sha256: A },
    });
    expect((await load({ '/health': json({ model: 'other', sha256: A }) })).served.sha256).toBeNull();
  });

  it('is none where the server lists it not, twice, or lists nothing that can be read', async () => {
    const lists: readonly (readonly [Page, string])[] = [
      [json({ data: [{ id: 'M' }, { id: 'other\u001b' }] }), 'ENGINE_MODEL_NOT_SERVED'],
      [json({ data: [] }), 'ENGINE_MODEL_NOT_SERVED'],
      [json({ data: [{ id: 'm' }, { id: 'm' }] }), 'ENGINE_MODEL_NOT_SERVED'],
      [json({ models: ['m'] }), 'ENGINE_REPLY_INVALID'],
      [json({ data: [{ id: 'm', sha256: 'abc' }] }), 'ENGINE_REPLY_INVALID'],
      [json({ data: [{ id: 'm'.repeat(5000) }] }), 'ENGINE_REPLY_INVALID'],
      [(response) => void response.end('{"data":[{"id":"m","id":"m"}]}'), 'ENGINE_REPLY_INVALID'],
      [(response) => void response.end(`{"data":${'['.repeat(100)}`), 'ENGINE_REPLY_INVALID'],
      [(response) => void response.end(Buffer.from([0x22, 0xff, 0x22])), 'ENGINE_REPLY_INVALID'],
      [(response) => void response.end(`"${'a'.repeat(5 * 2 ** 20)}"`), 'ENGINE_REPLY_INVALID'],
      [(response) => void response.writeHead(302, { location: '/v2/models' }).end(), 'ENGINE_SERVER_REFUSED'],
    ];
    for (const [page, code] of lists) expect(await codeOf(load({ '/v1/models': page }))).toBe(code);
    await expect(
      load({ '/v1/models': json({ data: [{ id: 'M' }, { id: 'other\u001b' }] }) }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('under the name m; it lists M, other\\x1b.') as string,
    });
  });

  it('is none where the server contradicts itself about its digest', async () => {
    const pages = {
      '/v1/models': json({ data: [{ id: 'm', sha256: A }] }),
      '/health': json({ model: 'm', sha256: B }),
    };
    expect(await codeOf(load(pages))).toBe('ENGINE_OTHER_MODEL');
  });

  it('is confirmed afterwards: still there, with the same digest', async () => {
    let now: unknown = { data: [{ id: 'm', sha256: A }] };
    const model = await load({ '/v1/models': (response, asked) => json(now)(response, asked) });
    await model.confirm();
    now = { data: [{ id: 'm', sha256: B }] };
    expect(await codeOf(model.confirm())).toBe('ENGINE_OTHER_MODEL');
    now = { data: [] };
    expect(await codeOf(model.confirm())).toBe('ENGINE_MODEL_NOT_SERVED');
  });
});

describe('the address and the key', () => {
  const load = (baseUrl: string, more: Partial<OpenAiEngineOptions> = {}) =>
    loadOpenAiEngine({ baseUrl, ...more });

  it('is taken with and without /v1, below a path, and in no other form', async () => {
    for (const text of ['http://h:1', 'http://h:1/', 'http://h:1/v1', 'http://h:1/v1/'])
      expect((await load(text)).baseUrl).toBe('http://h:1');
    expect((await load('https://h/api/v1')).baseUrl).toBe('https://h/api');
    for (const text of [
      'h:1',
      'ftp://h',
      'file:///etc',
      '',
      'http://h/?a=1',
      'http://h/#a',
      'http://u:secret@h/',
    ])
      expect(await codeOf(load(text))).toBe('ENGINE_ADDRESS_INVALID');
    const { message, details } = await failureOf(load('http://u:secret@h/'));
    expect(message + JSON.stringify(details)).not.toContain('secret');
  });

  it('sends the key of the variable, and repeats it nowhere, whatever the server says', async () => {
    const KEY = 'sk-very-secret';
    const pages = chat(refuse(401, `Incorrect API key provided: ${KEY}`));
    const options = { apiKeyVariable: 'THE_KEY', env: { THE_KEY: ` ${KEY}\n` } };
    const { server, model, warnings } = await subject(pages, options);
    const failure = await failureOf(model.answer(CHAT, ASK));
    expect(server.asked.every(({ headers }) => headers.authorization === `Bearer ${KEY}`)).toBe(true);
    const told = JSON.stringify([failure.toReport(), failure.stack, model, warnings]);
    expect(told).toContain('[key]');
    expect(told).not.toContain(KEY);
    expect(warnings).toEqual([]);
  });

  it('refuses a variable that holds no key, and warns of one that anybody can read on the way', async () => {
    for (const key of [undefined, '', ' ', 'two words', 'a\nb', 'ä']) {
      const failing = load('http://h', { apiKeyVariable: 'K', env: { K: key } });
      expect(await codeOf(failing)).toBe('ENGINE_KEY_UNUSABLE');
    }
    const warnings: string[] = [];
    const more = {
      apiKeyVariable: 'K',
      env: { K: 'key' },
      onWarning: ({ code }: Warning) => void warnings.push(code),
    };
    for (const url of ['http://127.0.0.1', 'http://localhost:1', 'http://[::1]', 'https://h'])
      await load(url, more);
    expect(warnings).toEqual([]);
    await load('http://h', more);
    expect(warnings).toEqual(['ENGINE_KEY_IN_CLEAR']);
  });
});

describe('scores and vectors of a server', () => {
  /** Words are tokens; each is as improbable as it is long. */
  const echo = (body: Readonly<Record<string, unknown>>) => {
    const prompt = String(body['prompt']);
    const tokens = ['<s>', ...(prompt.match(/ ?[^ ]+/g) ?? [])];
    const all = [...tokens, ...(body['max_tokens'] === 1 ? [' more'] : [])];
    return {
      model: 'm',
      choices: [
        {
          index: 0,
          text: prompt + all.slice(tokens.length).join(''),
          logprobs: {
            tokens: all,
            token_logprobs: all.map((token, index) => (index === 0 ? null : -token.length)),
          },
        },
      ],
      usage: { prompt_tokens: tokens.length, completion_tokens: all.length - tokens.length },
    };
  };

  it('are none where it offers neither, with the reasons', async () => {
    const { model } = await subject({ '/v1/completions': refuse(400, 'Only no echo is supported') });
    expect([model.scoreEach, model.embed]).toEqual([null, null]);
    expect(model.missing).toEqual([
      { what: 'scores', reason: expect.stringContaining('Only no echo is supported') as string },
      { what: 'embeddings', reason: expect.stringContaining('status 404') as string },
      { what: 'constraints', reason: expect.stringContaining('status 404') as string },
    ]);
  });

  it('are sums over what each continuation adds to the prefix', async () => {
    for (const least of [0, 1]) {
      const page: Page = (response, asked) =>
        asked.body['max_tokens'] === least
          ? json(echo(asked.body))(response, asked)
          : refuse(400, 'max_tokens is another one')(response, asked);
      const { model } = await subject({ '/v1/completions': page });
      expect(await model.scoreEach?.('the document', [' a query', ' one'])).toEqual([
        { logProbability: -8, tokenCount: 2 },
        { logProbability: -4, tokenCount: 1 },
      ]);
      expect(await model.scoreEach?.('the doc', ['ument'])).toEqual([{ logProbability: -9, tokenCount: 1 }]);
      expect(await codeOf(model.scoreEach?.('the', ['']) ?? Promise.resolve())).toBe(
        'ENGINE_REQUEST_INVALID',
      );
    }
  });

  it('are none where the server ignores that it was asked for them, or leaves numbers out', async () => {
    const changed = (change: (reply: ReturnType<typeof echo>) => unknown): Page => {
      return (response, asked) => json(change(echo(asked.body)))(response, asked);
    };
    const pages: readonly Page[] = [
      changed((reply) => ({ ...reply, choices: [{ index: 0, text: ' four', logprobs: null }] })),
      changed((reply) => ({ ...reply, choices: [{ ...reply.choices[0], text: ' four' }] })),
      changed((reply) => ({ ...reply, usage: { prompt_tokens: 99 } })),
      changed((reply) => {
        reply.choices[0]?.logprobs.token_logprobs.fill(null);
        return reply;
      }),
    ];
    for (const page of pages) expect((await subject({ '/v1/completions': page })).model.scoreEach).toBeNull();
    const other = changed((reply) => ({ ...reply, model: 'other' }));
    expect(await codeOf(subject({ '/v1/completions': other }))).toBe('ENGINE_OTHER_MODEL');
  });

  it('are vectors in the order of the texts, asked for in batches', async () => {
    const page: Page = (response, asked) => {
      const texts = asked.body['input'] as readonly string[];
      const data = texts.map((text, index) => ({ index, embedding: [text.length, 1] }));
      return json({ model: 'm', data: data.toReversed() })(response, asked);
    };
    const { server, model } = await subject({ '/v1/embeddings': page });
    const texts = Array.from({ length: 40 }, (_, index) => 'a'.repeat(index + 1));
    expect(await model.embed?.(texts)).toEqual(texts.map((text) => [text.length, 1]));
    expect(server.asked.filter(({ page }) => page === '/v1/embeddings').length).toBe(1 + 3);
  });

  it('are refused where vectors are missing, of another width, of another model, or point nowhere', async () => {
    const replies: readonly (readonly [object, string])[] = [
      [{ data: [{ index: 0, embedding: [1] }] }, 'ENGINE_REPLY_INVALID'],
      [{ data: [0, 0].map((index) => ({ index, embedding: [1] })) }, 'ENGINE_REPLY_INVALID'],
      [{ data: [1, 2].map((index) => ({ index, embedding: [1] })) }, 'ENGINE_REPLY_INVALID'],
      [{ data: [[1], [1, 2]].map((embedding, index) => ({ index, embedding })) }, 'ENGINE_REPLY_INVALID'],
      [{ data: [[1], [0]].map((embedding, index) => ({ index, embedding })) }, 'ENGINE_REPLY_INVALID'],
      [{ data: [[1], ['x']].map((embedding, index) => ({ index, embedding })) }, 'ENGINE_REPLY_INVALID'],
      [{ model: 'o', data: [0, 1].map((index) => ({ index, embedding: [1] })) }, 'ENGINE_OTHER_MODEL'],
    ];
    let reply: object = { data: [{ index: 0, embedding: [1] }] };
    const { model } = await subject({ '/v1/embeddings': (response, asked) => json(reply)(response, asked) });
    for (const [next, code] of replies) {
      reply = next;
      expect(await codeOf(model.embed?.(['a', 'b']) ?? Promise.resolve())).toBe(code);
    }
  });
});

it('cannot be reached over https where the server speaks http', async () => {
  const { url } = await serve({});
  const engine = await loadOpenAiEngine({ baseUrl: url.replace('http:', 'https:') });
  expect(await codeOf(engine.listModels())).toBe('ENGINE_SERVER_UNREACHABLE');
});
