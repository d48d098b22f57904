/**
 * Hyperparameters, token tables and tensor types that a well-formed file can carry and that end llama.cpp, or made older
 * versions of it read past a table: each is refused with its own code before anything is loaded.
 */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/core/index.ts';
import { readAndCheckGguf, type GgmlType, type GgufValue } from '../../src/gguf/index.ts';
import { changedModel, sampleTokens, VOCABULARY, type Change } from '../fakes/changed-model.ts';

const uint32 = (value: number): GgufValue => ({ kind: 'uint32', value });
const float32 = (value: number): GgufValue => ({ kind: 'float32', value });
const text = (value: string): GgufValue => ({ kind: 'string', value });
const counts = (...items: number[]): GgufValue => ({ kind: 'array', itemKind: 'uint32', items });
const texts = (items: string[]): GgufValue => ({ kind: 'array', itemKind: 'string', items });
const filled = <T>(value: T, length = VOCABULARY): T[] => Array.from({ length }, () => value);

const check = async (change: Change) => readAndCheckGguf(memorySource(await changedModel(change), 'm.gguf'));

describe('the number of', () => {
  it.each<[key: string, value: GgufValue]>([
    ['block_count', uint32(0)],
    ['block_count', uint32(513)],
    ['block_count', uint32(2 ** 32 - 1)],
    ['feed_forward_length', uint32(0)],
    ['feed_forward_length', counts(0)],
    ['attention.head_count', uint32(0)],
    ['attention.head_count', counts(0)],
    ['attention.head_count_kv', uint32(0)],
    ['attention.head_count_kv', uint32(2 ** 31)],
    ['attention.value_length', uint32(0)],
    ['attention.value_length', uint32(2 ** 31)],
    ['attention.layer_norm_rms_epsilon', float32(-1)],
    ['attention.layer_norm_rms_epsilon', float32(NaN)],
    ['expert_used_count', uint32(5)],
    ['expert_count', uint32(2 ** 32 - 1)],
    ['rope.scaling.type', text('bogus')],
  ])('%s is refused where llama.cpp ends itself', async (key, value) => {
    await expect(check({ metadata: { [`llama.${key}`]: value } })).rejects.toMatchObject({
      code: 'GGUF_HYPERPARAMETER_INVALID',
      exitCode: 3,
      details: { key: `llama.${key}`, offset: expect.any(Number) },
    });
  });

  it('experts is refused where none of them is used, and where more are used than there are', async () => {
    for (const [count, used] of [
      [8, null],
      [8, uint32(0)],
      [8, uint32(9)],
    ] as const) {
      const metadata = { 'llama.expert_count': uint32(count), 'llama.expert_used_count': used };
      await expect(check({ metadata })).rejects.toMatchObject({ code: 'GGUF_HYPERPARAMETER_INVALID' });
    }
    const metadata = { 'llama.expert_count': uint32(8), 'llama.expert_used_count': uint32(2) };
    await expect(check({ metadata })).resolves.toBeDefined();
  });

  it('heads may differ from layer to layer', async () => {
    const metadata = {
      'llama.attention.head_count_kv': counts(2, 0),
      'llama.rope.scaling.type': text('yarn'),
    };
    await expect(check({ metadata })).resolves.toBeDefined();
  });
});

describe('a vocabulary', () => {
  const tokens = sampleTokens();
  const replaced = (at: number, by: string) => texts(tokens.with(at, by));

  it.each<[what: string, key: string, value: GgufValue]>([
    ['without a token', 'tokens', texts([])],
    ['of numbers', 'tokens', counts(...filled(1))],
    ['that is one text', 'tokens', text('x')],
    ['with a token twice', 'tokens', replaced(300, tokens[299] ?? '')],
    [
      'with two tokens that differ only behind a zero byte',
      'tokens',
      replaced(300, `${tokens[299] ?? ''}\0b`),
    ],
    ['without a newline', 'tokens', replaced(tokens.indexOf('<0x0A>'), 'zzz')],
    [
      'with too few scores',
      'scores',
      { kind: 'array', itemKind: 'float32', items: filled(0, VOCABULARY - 1) },
    ],
    ['with scores of one byte each', 'scores', { kind: 'array', itemKind: 'uint8', items: filled(0) }],
    ['with scores that are no list', 'scores', float32(0)],
    ['with too few types', 'token_type', { kind: 'array', itemKind: 'int32', items: [] }],
    ['with types of two bytes each', 'token_type', { kind: 'array', itemKind: 'int16', items: filled(1) }],
    ['with types that are texts', 'token_type', texts(filled('1'))],
  ])('%s is refused', async (_what, name, value) => {
    const key = `tokenizer.ggml.${name}`;
    await expect(check({ metadata: { [key]: value } })).rejects.toMatchObject({
      code: 'GGUF_VOCABULARY_INVALID',
      exitCode: 3,
      details: { key },
    });
  });

  it('may hold empty tokens, which llama.cpp tells apart, and more scores than tokens', async () => {
    const scores: GgufValue = { kind: 'array', itemKind: 'float32', items: filled(0, VOCABULARY + 1) };
    const metadata = {
      'tokenizer.ggml.tokens': texts(tokens.with(300, '').with(301, '')),
      'tokenizer.ggml.scores': scores,
    };
    await expect(check({ metadata })).resolves.toBeDefined();
  });
});

describe('a tensor of a type that nothing computes with', () => {
  it.each<[name: string, type: GgmlType]>([
    ['token_embd.weight', 'I8'],
    ['token_embd.weight', 'F64'],
    ['output.weight', 'I32'],
    ['blk.0.attn_q.weight', 'I64'],
    ['blk.0.ffn_down.weight', 'I16'],
    ['blk.0.attn_norm.weight', 'F16'],
    ['output_norm.weight', 'I32'],
  ])('is refused: %s as %s', async (name, type) => {
    await expect(check({ types: { [name]: type } })).rejects.toMatchObject({
      code: 'GGUF_TENSOR_TYPE_UNFIT',
      exitCode: 3,
      details: { tensor: name, received: type },
    });
  });

  it.each<[name: string, type: GgmlType]>([
    ['token_embd.weight', 'BF16'],
    ['output.weight', 'F16'],
    ['blk.0.attn_q.weight', 'Q4_0'],
  ])('is no other: %s as %s is taken', async (name, type) => {
    await expect(check({ types: { [name]: type } })).resolves.toBeDefined();
  });
});
