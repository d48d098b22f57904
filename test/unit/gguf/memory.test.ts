import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { estimateMemory } from '../../../src/gguf/memory.ts';
import { parseGguf } from '../../../src/gguf/parse.ts';
import type { GgufValue } from '../../../src/gguf/types.ts';
import { ggufBytes } from '../../../src/gguf/write.ts';

const count = (value: number): GgufValue => ({ kind: 'uint32', value });

/** The shape of Llama 3 8B. */
const LLAMA_8B: Record<string, GgufValue> = {
  'general.architecture': { kind: 'string', value: 'llama' },
  'llama.block_count': count(32),
  'llama.embedding_length': count(4096),
  'llama.feed_forward_length': count(14_336),
  'llama.attention.head_count': count(32),
  'llama.attention.head_count_kv': count(8),
};

async function estimate(values: Record<string, GgufValue>, contextTokens = 8192) {
  const tensors = [{ name: 't', type: 'F32' as const, dims: [8], data: new Uint8Array(32) }];
  const file = await parseGguf(memorySource(await ggufBytes({ metadata: Object.entries(values), tensors })));
  return estimateMemory(file, { contextTokens });
}

describe('estimateMemory', () => {
  it('finds the KV cache that llama.cpp reports for Llama 3 8B: 1 GiB at 8192 tokens', async () => {
    const { weightsBytes, kvCacheBytes, computeBytes, totalBytes } = await estimate(LLAMA_8B);
    expect(weightsBytes).toBe(32);
    expect(kvCacheBytes).toBe(1024 ** 3);
    expect(computeBytes).toBe(512 * (4 * 4096 + 3 * 14_336) * 4 + 512 * 8192 * 2);
    expect(totalBytes).toBe(weightsBytes + kvCacheBytes + computeBytes);
  });

  it('takes all heads where no KV heads are given', async () => {
    const { 'llama.attention.head_count_kv': _, ...values } = LLAMA_8B;
    expect((await estimate(values)).kvCacheBytes).toBe(4 * 1024 ** 3);
  });

  it('takes the lengths of keys and values where they are given', async () => {
    const values = {
      ...LLAMA_8B,
      'llama.attention.key_length': count(256),
      'llama.attention.value_length': count(64),
    };
    expect((await estimate(values, 1)).kvCacheBytes).toBe(32 * 8 * (256 + 64) * 2);
  });

  it('adds up KV heads that differ by block', async () => {
    const heads: GgufValue = { kind: 'array', itemKind: 'int32', items: [8, 0, 4] };
    const values = { ...LLAMA_8B, 'llama.block_count': count(3), 'llama.attention.head_count_kv': heads };
    expect((await estimate(values, 10)).kvCacheBytes).toBe(10 * 12 * 256 * 2);
  });

  it('counts the vocabulary of the logits', async () => {
    const tokens: GgufValue = { kind: 'array', itemKind: 'string', items: ['a', 'b'] };
    const without = await estimate(LLAMA_8B, 100);
    const more = await estimate({ ...LLAMA_8B, 'tokenizer.ggml.tokens': tokens }, 100);
    expect(more.computeBytes - without.computeBytes).toBe(100 * 2 * 4);
  });

  it('is 0 for what has no attention, and finite for values that make no sense', async () => {
    expect((await estimate({})).kvCacheBytes).toBe(0);
    const odd = { ...LLAMA_8B, 'llama.block_count': { kind: 'int32', value: -5 } as const };
    expect((await estimate(odd)).kvCacheBytes).toBe(0);
    const endless = {
      ...LLAMA_8B,
      'llama.block_count': count(4_294_967_295),
      'llama.attention.head_count': count(0),
    };
    expect(Number.isFinite((await estimate(endless)).totalBytes)).toBe(true);
    const text = {
      ...LLAMA_8B,
      'llama.attention.head_count_kv': { kind: 'array', itemKind: 'string', items: ['x'] } as const,
    };
    expect(Number.isFinite((await estimate(text)).totalBytes)).toBe(true);
  });
});
