import { describe, expect, it } from 'vitest';
import type { JsonFacts } from '../../../src/hf/json-facts.ts';
import { assertTokenizer, type TokenizerFile } from '../../../src/hf/tokenizer.ts';

const SOUND: JsonFacts = {
  kind: 'object',
  remoteCodeKey: null,
  hasLambda: false,
  isNotebook: false,
  model: 'object',
  vocabulary: 'object',
};

const file = (path: string, rest: Partial<TokenizerFile>, sizeBytes = 9): TokenizerFile => ({
  file: { path, absolutePath: path, sizeBytes },
  format: null,
  json: null,
  ...rest,
});
const json = (facts: Partial<JsonFacts> = {}) =>
  file('tokenizer.json', { format: 'json', json: { ...SOUND, ...facts } });
const model = (format: TokenizerFile['format'], sizeBytes = 9) =>
  file('tokenizer.model', { format }, sizeBytes);
const check = (...files: TokenizerFile[]) =>
  assertTokenizer('folder', (name) => files.find(({ file }) => file.path === name));
const code = (code: string) => expect.objectContaining({ code, exitCode: 3 });

describe('assertTokenizer', () => {
  it('takes either kind, and both', () => {
    expect(() => check(json())).not.toThrow();
    expect(() => check(json({ vocabulary: 'array' }))).not.toThrow();
    expect(() => check(model('sentencepiece'))).not.toThrow();
    expect(() => check(model('tiktoken'))).not.toThrow();
    expect(() => check(json(), model('sentencepiece'))).not.toThrow();
  });

  it('misses one where there is none, or only an empty one', () => {
    expect(() => check()).toThrow(code('HF_TOKENIZER_MISSING'));
    expect(() => check(model('text', 0))).toThrow(code('HF_TOKENIZER_MISSING'));
  });

  it.each([{ kind: 'array' as const }, { model: null }, { model: 'string' as const }, { vocabulary: null }])(
    'refuses a tokenizer.json with %j',
    (facts) => {
      expect(() => check(json(facts))).toThrow(code('HF_TOKENIZER_INVALID'));
    },
  );

  it('refuses a tokenizer.model of another kind, beside a sound tokenizer.json too', () => {
    expect(() => check(model('text'))).toThrow(code('HF_TOKENIZER_INVALID'));
    expect(() => check(json(), model(null))).toThrow(code('HF_TOKENIZER_INVALID'));
  });
});
