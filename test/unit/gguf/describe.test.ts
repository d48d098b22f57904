import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { describeGguf } from '../../../src/gguf/describe.ts';
import type { GgmlType } from '../../../src/gguf/ggml-types.ts';
import { parseGguf } from '../../../src/gguf/parse.ts';
import type { GgufTensorInput, GgufValue } from '../../../src/gguf/types.ts';
import { ggufBytes } from '../../../src/gguf/write.ts';

async function facts(metadata: [string, GgufValue][], types: [GgmlType, rows: number][] = []) {
  const tensors = types.map(([type, rows], index): GgufTensorInput => {
    return { name: `t${index}`, type, dims: [256, rows], data: zeros(type, rows) };
  });
  return describeGguf(await parseGguf(memorySource(await ggufBytes({ metadata, tensors }))));
}

const fileType = (value: number): [string, GgufValue] => ['general.file_type', { kind: 'uint32', value }];

describe('describeGguf', () => {
  it('says what is in the metadata', async () => {
    const described = await facts(
      [
        ['general.architecture', { kind: 'string', value: 'qwen2' }],
        ['general.name', { kind: 'string', value: 'Tiny' }],
        ['qwen2.context_length', { kind: 'uint32', value: 4096 }],
        ['qwen2.embedding_length', { kind: 'uint64', value: 256n }],
        ['qwen2.block_count', { kind: 'int32', value: 2 }],
        ['tokenizer.ggml.model', { kind: 'string', value: 'gpt2' }],
        ['tokenizer.ggml.tokens', { kind: 'array', itemKind: 'string', items: ['a', 'b', 'c'] }],
        ['tokenizer.chat_template.rag', { kind: 'string', value: '{{ y }}' }],
        ['tokenizer.chat_template', { kind: 'string', value: '{{ x }}' }],
        ['tokenizer.chat_template.odd', { kind: 'bool', value: true }],
      ],
      [
        ['F32', 1],
        ['Q8_0', 4],
      ],
    );
    expect(described).toEqual({
      architecture: 'qwen2',
      name: 'Tiny',
      quantization: 'Q8_0',
      mix: [
        { type: 'Q8_0', tensorCount: 1, sizeBytes: 1088 },
        { type: 'F32', tensorCount: 1, sizeBytes: 1024 },
      ],
      parameterCount: 1280,
      contextLength: 4096,
      embeddingLength: 256,
      blockCount: 2,
      vocabularySize: 3,
      tensorCount: 2,
      sizeBytes: expect.any(Number),
      chatTemplate: '{{ x }}',
      chatTemplates: [
        { name: 'default', text: '{{ x }}' },
        { name: 'rag', text: '{{ y }}' },
      ],
      tokenizerModel: 'gpt2',
      split: null,
      version: 3,
      alignment: 32,
    });
  });

  it('says null, not nonsense, where a value has the wrong type', async () => {
    const described = await facts([
      ['general.architecture', { kind: 'string', value: 'llama' }],
      ['general.name', { kind: 'uint8', value: 1 }],
      ['llama.context_length', { kind: 'float32', value: NaN }],
      ['llama.block_count', { kind: 'int32', value: -1 }],
      ['llama.embedding_length', { kind: 'uint64', value: 1n << 63n }],
      ['llama.vocab_size', { kind: 'uint32', value: 7 }],
    ]);
    expect(described).toMatchObject({
      name: null,
      contextLength: null,
      blockCount: null,
      embeddingLength: null,
      vocabularySize: 7,
    });
    expect(await facts([])).toMatchObject({
      architecture: 'unknown',
      quantization: 'none',
      vocabularySize: null,
    });
  });

  it.each<[string, string, number | null, [GgmlType, number][]]>([
    [
      'Q4_K_M',
      'the claim where its type is there',
      15,
      [
        ['Q4_K', 9],
        ['Q6_K', 3],
        ['F32', 1],
      ],
    ],
    [
      'Q4_K_M',
      'the claim where most rows fell back to another type',
      15,
      [
        ['Q5_0', 40],
        ['Q4_K', 2],
      ],
    ],
    ['Q4_K_S', 'another mix of the same type', 14, [['Q4_K', 9]]],
    [
      'F16',
      'plain floats as such',
      1,
      [
        ['F16', 9],
        ['F32', 1],
      ],
    ],
    [
      'F16',
      'the truth where floats are claimed to be quantized',
      2,
      [
        ['F16', 90],
        ['Q4_0', 1],
      ],
    ],
    ['Q8_0', 'the truth where the claimed type is not there', 2, [['Q8_0', 9]]],
    [
      'Q4_0',
      'the truth where floats are claimed',
      1,
      [
        ['Q4_0', 90],
        ['F16', 1],
      ],
    ],
    [
      'Q6_K',
      'the type with most bytes where nothing is claimed',
      null,
      [
        ['Q4_K', 2],
        ['Q6_K', 9],
      ],
    ],
    ['Q6_K', 'the type with most bytes where the claim is unknown', 999, [['Q6_K', 9]]],
    ['IQ2_S', 'the claim of a mix named after another type', 28, [['IQ2_XS', 9]]],
  ])('names %s: %s', async (expected, _why, claim, types) => {
    // llama.cpp names the mix IQ2_S after what it is near to, and stores it as IQ2_XS.
    expect((await facts(claim === null ? [] : [fileType(claim)], types)).quantization).toBe(expected);
  });
});

function zeros(type: GgmlType, rows: number): () => AsyncIterable<Uint8Array> {
  const sizes: Partial<Record<GgmlType, number>> = {
    F32: 1024,
    F16: 512,
    Q4_0: 144,
    Q5_0: 176,
    Q8_0: 272,
    Q4_K: 144,
    Q6_K: 210,
    IQ2_XS: 74,
  };
  return async function* () {
    for (let row = 0; row < rows; row += 1) yield new Uint8Array(sizes[type] ?? 0);
  };
}
