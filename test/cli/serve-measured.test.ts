/** `milton serve` as any other server with OpenAI's API, asked by the engine that measures such servers. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initSuite } from '../../src/bench/index.ts';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Warning } from '../../src/core/index.ts';
import { loadLlamaCppEngine, loadOpenAiEngine, type OpenAiEngine } from '../../src/engine/index.ts';
import { endServed, startServed, type RunningMilton } from './served.ts';
import { useShop, type Model } from './shop.ts';

const shop = useShop();
const ASK = { maxTokens: 12, temperature: 0, seed: 1, stop: [] };
const TEXT = { kind: 'text', text: 'bota beda' } as const;
const CHAT = { kind: 'chat', messages: [{ role: 'user', content: 'bota' }] } as const;
let v1: Model;

beforeAll(async () => {
  v1 = await shop.model('v1.gguf', { contextLength: 512 });
});
afterEach(endServed);

interface Measured {
  readonly server: RunningMilton;
  readonly engine: OpenAiEngine;
  readonly warnings: readonly Warning[];
}

async function start(...args: readonly string[]): Promise<Measured> {
  const server = await startServed(['--model', v1.path, ...args], { MILTON_STATE_DIR: shop.state });
  const warnings: Warning[] = [];
  const engine = await loadOpenAiEngine({
    baseUrl: server.url,
    apiKeyVariable: args.length === 0 ? null : 'KEY',
    env: { KEY },
    onWarning: (warning) => void warnings.push(warning),
  });
  return { server, engine, warnings };
}

const KEY = 'a-key-of-some-length';

it('is measured with the digest of the file that it serves, and answers as the engine itself does', async () => {
  const { engine, warnings } = await start();
  expect(await engine.listModels()).toEqual([{ name: 'v1', sha256: v1.sha256, vocabularySize: null }]);
  const model = await engine.subject('v1');
  expect(model.served).toEqual({ name: 'v1', sha256: v1.sha256 });
  expect(model.engine.version).toMatch(/^milton serve, llama-cpp \d/);
  expect([model.scoreEach, model.embed, model.constrains]).toEqual([null, null, false]);
  expect(model.missing.map(({ what }) => what)).toEqual(['scores', 'embeddings', 'constraints']);

  const answer = await model.answer(TEXT, ASK);
  const embedded = await (
    await loadLlamaCppEngine()
  ).load({
    path: v1.path,
    limits: { memoryBytes: 400e6, wallMs: 60_000 },
  });
  try {
    const { text, tokenCount, promptTokenCount } = await embedded.generate({
      prompt: TEXT.text,
      tokens: 12,
      banEndOfGeneration: false,
      checkLogits: false,
    });
    expect(answer).toMatchObject({
      tokenCount,
      promptTokenCount,
      endedBy: 'token-limit',
      countedBy: 'usage',
    });
    expect(answer.text.trimStart()).toBe(text.trimStart());
  } finally {
    await embedded.close();
  }
  expect(await model.answer(TEXT, ASK)).toMatchObject({ text: answer.text });
  expect((await model.answer(TEXT, { ...ASK, stop: [answer.text.slice(3, 6)] })).text).toBe(
    answer.text.slice(0, answer.text.indexOf(answer.text.slice(3, 6))),
  );
  // The template adds its own to the text.
  expect((await model.answer(CHAT, ASK)).promptTokenCount).toBeGreaterThan(10);
  await model.confirm();
  expect(warnings).toEqual([]);
});

it('is no server for another name, nor for whoever has no key, nor for anybody once it is gone', async () => {
  await writeFile(join(shop.folder, 'key'), KEY, { mode: 0o600 });
  const { server, engine } = await start('--api-key-file', join(shop.folder, 'key'));
  await expect(engine.subject('v2')).rejects.toMatchObject({ code: 'ENGINE_MODEL_NOT_SERVED' });
  const keyless = await loadOpenAiEngine({ baseUrl: server.url });
  await expect(keyless.subject('v1')).rejects.toMatchObject({
    code: 'ENGINE_SERVER_REFUSED',
    details: { status: 401 },
  });
  const model = await engine.subject('v1');
  const long = model.answer(TEXT, { ...ASK, maxTokens: 400 });
  server.kill('SIGKILL');
  await expect(long).rejects.toMatchObject({
    code: expect.stringMatching(/^ENGINE_SERVER_(DISCONNECTED|UNREACHABLE)$/) as string,
  });
  await expect(model.confirm()).rejects.toMatchObject({ code: 'ENGINE_SERVER_UNREACHABLE' });
});

it('is benchmarked by the command, bound to the file that it says it serves', async () => {
  const server = await startServed(['--model', v1.path], { MILTON_STATE_DIR: shop.state });
  await shop.milton('models', 'register', 'first', '--gguf', v1.path);
  await shop.milton('models', 'register', 'second', '--gguf', v1.path);
  const suite = join(shop.folder, 'suite');
  await initSuite(suite);
  const speed = { prompts: [{ id: 'p', prompt: 'bota beda', max_tokens: 4 }] };
  await writeFile(join(suite, 'speed.json'), JSON.stringify(speed));
  const args = [
    '--suite',
    suite,
    '--engine',
    'openai',
    '--server-url',
    server.url,
    '--served-as',
    'first=v1',
  ];
  const { exitCode, json, stderr } = await shop.document('bench', ...args);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(json).toMatchObject({
    candidates: [
      { version: 'second', sha256: null, metrics: { latency_ms: { status: 'error' } } },
      { version: 'first', sha256: v1.sha256, metrics: { latency_ms: { status: 'ok' } } },
    ],
    warnings: expect.arrayContaining([
      expect.objectContaining({
        code: 'BENCH_CANDIDATE_FAILED',
        message: expect.stringContaining('second: ENGINE_MODEL_NOT_SERVED') as string,
      }),
    ]) as unknown,
  });
});
