import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/serve/api-error.ts';
import { parseRequest, type ApiKind } from '../../../src/serve/parse-request.ts';

const USER = { role: 'user', content: 'hi' };

function parse(kind: ApiKind, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return parseRequest(Buffer.from(text), { kind, modelId: 'v1' });
}

function refusal(kind: ApiKind, body: unknown): ApiError {
  try {
    parse(kind, body);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('It was taken.');
}

describe('parseRequest', () => {
  it('takes the defaults of the API', () => {
    expect(parse('completion', { model: 'v1', prompt: 'Hello' })).toEqual({
      kind: 'completion',
      stream: false,
      includeUsage: false,
      answer: {
        prompt: { kind: 'text', text: 'Hello' },
        maxTokens: 16,
        sampling: { temperature: 1, topP: 1, seed: null },
        stop: [],
      },
    });
    expect(parse('chat', { messages: [USER] }).answer).toMatchObject({
      prompt: { kind: 'chat', messages: [USER] },
      maxTokens: null,
    });
  });

  it('takes every field that it offers', () => {
    const fields = { temperature: 0, top_p: 0.5, seed: -1, stop: 'x', stream: true, max_tokens: 3 };
    const { answer, stream, includeUsage } = parse('chat', {
      ...fields,
      max_completion_tokens: 5,
      stream_options: { include_usage: true },
      messages: [
        {
          role: 'developer',
          content: [
            { type: 'text', text: 'be ' },
            { type: 'text', text: 'good' },
          ],
        },
        { role: 'assistant', content: '' },
        USER,
      ],
    });
    expect({ stream, includeUsage }).toEqual({ stream: true, includeUsage: true });
    expect(answer).toEqual({
      prompt: {
        kind: 'chat',
        messages: [{ role: 'system', content: 'be good' }, { role: 'assistant', content: '' }, USER],
      },
      maxTokens: 5,
      sampling: { temperature: 0, topP: 0.5, seed: 2 ** 32 - 1 },
      stop: ['x'],
    });
  });

  it('passes over what changes nothing', () => {
    const harmless = { n: 1, user: 'me', logprobs: false, presence_penalty: 0, tools: [], store: true };
    const more = { response_format: { type: 'text' }, tool_choice: 'auto', metadata: {}, stop: null };
    expect(() => parse('chat', { ...harmless, ...more, messages: [USER] })).not.toThrow();
  });

  it.each([
    ['n', 2],
    ['tools', [{ type: 'function' }]],
    ['response_format', { type: 'json_object' }],
    ['logprobs', true],
    ['presence_penalty', 0.5],
    ['logit_bias', { 5: 1 }],
    ['echo', true],
    ['top_k', 40],
  ])('refuses %s, which would change the answer and is not offered', (name, value) => {
    expect(refusal('completion', { prompt: 'x', [name]: value })).toMatchObject({
      status: 400,
      code: 'not_offered',
      param: name,
    });
  });

  it.each([
    ['completion', {}, 'prompt', 'prompt is one text; it was missing.'],
    ['completion', { prompt: ['a', 'b'] }, 'prompt', 'prompt is one text; it was a list of 2.'],
    ['completion', { prompt: [1, 2] }, 'prompt', 'prompt is one text; it was a list of 2.'],
    ['completion', { prompt: 'x', max_tokens: 0 }, 'max_tokens', /from 1 to 65536; it was 0/],
    ['completion', { prompt: 'x', max_tokens: 1.5 }, 'max_tokens', /whole number/],
    ['completion', { prompt: 'x', max_tokens: '9' }, 'max_tokens', /it was a text/],
    ['completion', { prompt: 'x', temperature: 2.1 }, 'temperature', /from 0 to 2/],
    ['completion', { prompt: 'x', top_p: -0.1 }, 'top_p', /from 0 to 1/],
    ['completion', { prompt: 'x', seed: 0.5 }, 'seed', /whole number/],
    ['completion', { prompt: 'x', stream: 'yes' }, 'stream', /true or false; it was a text/],
    ['completion', { prompt: 'x', stream_options: 1 }, 'stream_options', /an object; it was 1/],
    ['completion', { prompt: 'x', stop: '' }, 'stop', /it was an empty text/],
    ['completion', { prompt: 'x', stop: Array(17).fill('a') }, 'stop', /it was a list of 17/],
    ['completion', { prompt: 'x', model: 5 }, 'model', /a text; it was 5/],
    ['chat', {}, 'messages', /it was missing/],
    ['chat', { messages: [] }, 'messages', /it was a list of 0/],
    ['chat', { messages: ['hi'] }, 'messages[0]', /a message; it was a text/],
    ['chat', { messages: [USER, { role: 'tool', content: 'x' }] }, 'messages[1].role', /system, developer/],
    ['chat', { messages: [{ role: 'user' }] }, 'messages[0].content', /it was missing/],
    [
      'chat',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] },
      'messages[0].content',
      /parts of the type text/,
    ],
  ] as const)('names the field that is wrong: %s %j', (kind, body, param, message) => {
    const error = refusal(kind, body);
    expect({ status: error.status, param: error.param }).toEqual({ status: 400, param });
    expect(error.message).toMatch(message);
  });

  it('refuses another model than the one there is', () => {
    const error = refusal('completion', { model: 'gpt-4', prompt: 'x' });
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    expect(error.message).toContain('v1');
    expect(error.message).not.toContain('gpt-4');
  });

  it.each(['', '{', '[]', '"x"', '{"a":1,"a":2}', '{"a":NaN}', '['.repeat(5000), '\u0000'])(
    'refuses what is no JSON object: %j',
    (text) => {
      expect(refusal('chat', text)).toMatchObject({ status: 400, code: 'invalid_json' });
    },
  );

  it('parses or refuses any bytes and any JSON, and never repeats what it got', () => {
    const harmless = (bytes: Uint8Array): void => {
      for (const kind of ['chat', 'completion'] as const) {
        try {
          parseRequest(bytes, { kind, modelId: 'v1' });
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
          // eslint-disable-next-line no-control-regex
          expect((error as ApiError).message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), harmless));
    const names = fc.constantFrom(
      'messages',
      'prompt',
      'stop',
      'max_tokens',
      'model',
      'tools',
      'seed',
      'n',
      'x',
    );
    const bodies = fc.dictionary(names, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 });
    fc.assert(fc.property(bodies, (body) => harmless(Buffer.from(JSON.stringify(body)))));
  });
});
