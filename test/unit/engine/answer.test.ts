import { describe, expect, it } from 'vitest';
import { answerPrompt, ChatProblem, type Speaker } from '../../../src/engine/answer.ts';
import type { AnswerRequest } from '../../../src/engine/serving.ts';
import { bigramEvaluator } from '../../fakes/bigram-model.ts';

/** Says the alphabet from the character after the last one on, and ends after z. */
function speaker({ contextTokens = 64, readSizes = [] as number[] } = {}): Speaker {
  const evaluator = bigramEvaluator({ bigrams: () => 0, vocabularySize: 128, contextTokens });
  return {
    ...evaluator,
    renderChat(messages) {
      if (messages.length === 1) throw new ChatProblem('the model has no chat template');
      return { tokens: evaluator.tokenize('t'), endTokens: new Set(evaluator.tokenize('w')) };
    },
    read: async (tokens) => void readSizes.push(tokens.length),
    async *sample(tokens) {
      readSizes.push(tokens.length);
      for (let token = (tokens.at(-1) ?? 0) + 1; token <= 'z'.charCodeAt(0); token += 1) {
        await Promise.resolve();
        yield token;
      }
    },
  };
}

const REQUEST: AnswerRequest = {
  prompt: { kind: 'text', text: 'a' },
  maxTokens: 5,
  sampling: { temperature: 0, topP: 1, seed: null },
  stop: [],
};

async function ask(
  request: Partial<AnswerRequest> = {},
  from = speaker(),
  controller = new AbortController(),
) {
  const said: string[] = [];
  const { signal } = controller;
  const tools = { onText: (text: string) => said.push(text), signal, now: () => 0 };
  const answer = await answerPrompt(from, { ...REQUEST, ...request }, tools);
  return { ...answer, said: said.join(''), parts: said.length };
}

describe('answerPrompt', () => {
  it('passes text on as it is made, and counts both sides', async () => {
    expect(await ask()).toMatchObject({
      said: 'bcdef',
      parts: 5,
      promptTokenCount: 1,
      tokenCount: 5,
      endedBy: 'token-limit',
    });
  });

  it('ends where the model ends', async () => {
    const prompt = { kind: 'text', text: 'x' } as const;
    expect(await ask({ prompt })).toMatchObject({ said: 'yz', endedBy: 'end-of-generation' });
  });

  it('ends at a token with which the template ends an answer', async () => {
    const message = { role: 'user', content: '' } as const;
    const prompt = { kind: 'chat', messages: [message, message] } as const;
    expect(await ask({ prompt })).toMatchObject({ said: 'uv', tokenCount: 2, endedBy: 'end-of-generation' });
  });

  it('ends before a stop text, and keeps the beginning of one that never came', async () => {
    expect(await ask({ stop: ['de'] })).toMatchObject({ said: 'bc', tokenCount: 4, endedBy: 'stop-text' });
    expect(await ask({ stop: ['fx'] })).toMatchObject({ said: 'bcdef', endedBy: 'token-limit' });
    const prompt = { kind: 'text', text: 'x' } as const;
    expect(await ask({ prompt, stop: ['zx'] })).toMatchObject({ said: 'yz', endedBy: 'end-of-generation' });
  });

  it('never fills more than the context', async () => {
    const full = await ask({ maxTokens: null }, speaker({ contextTokens: 8 }));
    expect(full).toMatchObject({ tokenCount: 7, endedBy: 'context-full' });
    const prompt = { kind: 'text', text: 'abcdefgh' } as const;
    await expect(ask({ prompt }, speaker({ contextTokens: 8 }))).rejects.toThrow(
      'the prompt has 8 tokens and the context has room for 7',
    );
    await expect(ask({ prompt: { kind: 'text', text: '' } })).rejects.toThrow('holds no token');
  });

  it('reads a long prompt in pieces, and stops between them when nobody waits any more', async () => {
    const readSizes: number[] = [];
    const from = speaker({ contextTokens: 1024, readSizes });
    const prompt = { kind: 'text', text: 'a'.repeat(600) } as const;
    expect(await ask({ prompt }, from)).toMatchObject({ promptTokenCount: 600, said: 'bcdef' });
    expect(readSizes).toEqual([256, 256, 88]);
    const controller = new AbortController();
    readSizes.length = 0;
    const stopping: Speaker = { ...from, read: async () => controller.abort() };
    expect(await ask({ prompt }, stopping, controller)).toMatchObject({
      endedBy: 'cancelled',
      tokenCount: 0,
    });
    expect(readSizes).toEqual([]);
  });

  it('stops after the token that is being computed', async () => {
    const controller = new AbortController();
    const said: string[] = [];
    const onText = (text: string): void => {
      said.push(text);
      if (text === 'c') controller.abort();
    };
    const tools = { onText, signal: controller.signal, now: () => 0 };
    expect(await answerPrompt(speaker(), REQUEST, tools)).toMatchObject({
      endedBy: 'cancelled',
      tokenCount: 2,
    });
    expect(said).toEqual(['b', 'c']);
  });

  it('says that a model has no template', async () => {
    const prompt = { kind: 'chat', messages: [{ role: 'user', content: 'x' }] } as const;
    await expect(ask({ prompt })).rejects.toBeInstanceOf(ChatProblem);
  });
});
