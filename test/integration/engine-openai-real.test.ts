/** The contract of the adapter, held by a real llama-server: `MILTON_LLAMA_SERVER` names one of this machine. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLlamaCppEngine, loadOpenAiEngine, type ServedSubject } from '../../src/engine/index.ts';
import { ggufBytes, sampleModel } from '../../src/gguf/index.ts';
import { findFreePort } from '../../src/system/index.ts';

const SERVER = process.env['MILTON_LLAMA_SERVER'] ?? '';
const LIMITS = { memoryBytes: 400e6, wallMs: 60_000 };
const TEXT = { kind: 'text', text: 'bota beda' } as const;
const ASK = { maxTokens: 12, temperature: 0, seed: 1, stop: [] };

describe.skipIf(SERVER === '')('a real llama-server over its API (needs MILTON_LLAMA_SERVER)', () => {
  let folder = '';
  let path = '';
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'milton-openai-real-'));
    path = join(folder, 'sound.gguf');
    await writeFile(path, await ggufBytes(sampleModel({ seed: 3 })));
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  async function start(...flags: readonly string[]): Promise<ServedSubject> {
    const port = await findFreePort();
    const where = ['--host', '127.0.0.1', '--port', String(port), '--alias', 'v1', '-m', path];
    const child = spawn(SERVER, [...where, '-c', '512', '-t', '1', ...flags], { stdio: 'ignore' });
    children.push(child);
    const baseUrl = `http://127.0.0.1:${port}`;
    for (;;) {
      const health = await fetch(`${baseUrl}/health`).catch(() => null);
      if (health?.status === 200) break;
      if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}.`);
      await sleep(50);
    }
    return (await loadOpenAiEngine({ baseUrl })).subject('v1');
  }

  it('answers as the embedded engine does, with its own times, and scores as it does', async () => {
    const model = await start();
    const embedded = await (await loadLlamaCppEngine()).load({ path, limits: LIMITS });
    try {
      const answer = await model.answer(TEXT, ASK);
      expect(answer).toMatchObject({ countedBy: 'usage', tokenCount: 12, endedBy: 'token-limit' });
      const generated = await embedded.generate({
        prompt: TEXT.text,
        tokens: 12,
        banEndOfGeneration: false,
        checkLogits: false,
      });
      // The first blank of a continuation stands in one and not in the other.
      expect(answer.text.trimStart()).toBe(generated.text);
      expect(answer.promptTokenCount).toBe(generated.promptTokenCount);
      expect(answer.timings).toMatchObject({ promptTokens: generated.promptTokenCount, evalTokens: 11 });
      // A prompt that was read before is read again.
      const again = await model.answer(TEXT, ASK);
      expect(again).toMatchObject({
        text: answer.text,
        timings: { promptTokens: generated.promptTokenCount },
      });

      const scores = await model.scoreEach?.('bota', [' beda bija', ' bu']);
      for (const [index, continuation] of [' beda bija', ' bu'].entries()) {
        const { logProbability, tokenCount } = await embedded.score('bota', continuation);
        expect(scores?.[index]?.tokenCount).toBe(tokenCount);
        expect(scores?.[index]?.logProbability).toBeCloseTo(logProbability, 2);
      }
    } finally {
      await embedded.close();
    }
  });

  it('keeps to a grammar, and chats', async () => {
    const model = await start();
    expect(model.constrains).toBe(true);
    const constraint = { kind: 'gbnf', grammar: 'root ::= "yes" | "no"' } as const;
    const chat = { kind: 'chat', messages: [{ role: 'user', content: 'Well?' }] } as const;
    expect((await model.answer(chat, { ...ASK, constraint })).text).toMatch(/^(yes|no)$/);
    expect(model.embed).toBeNull();
    expect(model.engine.version).toMatch(/^llama-server /);
    await model.confirm();
  });

  it('makes vectors where it was started for them', async () => {
    const model = await start('--embeddings', '--pooling', 'mean');
    const vectors = await model.embed?.(['bota', 'beda bija']);
    expect(vectors?.map(({ length }) => length)).toEqual([vectors?.[0]?.length, vectors?.[0]?.length]);
  });
});
