/** The shape of a model of the llama architecture: its metadata and the names and sizes of its tensors. */
import { sampleTokenizer } from './sample-tokenizer.ts';
import type { GgmlType } from './ggml-types.ts';
import type { GgufValue } from './types.ts';

export interface SampleShape {
  readonly name: string;
  readonly blockCount: number;
  readonly embeddingLength: number;
  readonly headCount: number;
  readonly headCountKv: number;
  readonly feedForwardLength: number;
  readonly vocabularySize: number;
  /** In tokens. */
  readonly contextLength: number;
  readonly type: SampleType;
}

export type SampleType = keyof typeof FILE_TYPES & GgmlType;

export interface SampleTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** `weights` are of the model's type; `norm` are F32, as everywhere. */
  readonly kind: 'weights' | 'norm';
}

/** `general.file_type` (`llama_ftype`). */
const FILE_TYPES = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7 } as const;

/** Keys that llama.cpp reads for `llama` (LLM_KV of llama-arch.cpp; specification, "LLM"). */
export function sampleMetadata(shape: SampleShape): [string, GgufValue][] {
  return [
    ['general.architecture', { kind: 'string', value: 'llama' }],
    ['general.name', { kind: 'string', value: shape.name }],
    ['general.file_type', uint32(FILE_TYPES[shape.type])],
    ['general.quantization_version', uint32(2)],
    ['llama.block_count', uint32(shape.blockCount)],
    ['llama.context_length', uint32(shape.contextLength)],
    ['llama.embedding_length', uint32(shape.embeddingLength)],
    ['llama.feed_forward_length', uint32(shape.feedForwardLength)],
    ['llama.attention.head_count', uint32(shape.headCount)],
    ['llama.attention.head_count_kv', uint32(shape.headCountKv)],
    ['llama.attention.layer_norm_rms_epsilon', { kind: 'float32', value: 1e-5 }],
    ['llama.rope.dimension_count', uint32(shape.embeddingLength / shape.headCount)],
    ['llama.rope.freq_base', { kind: 'float32', value: 10_000 }],
    ['llama.vocab_size', uint32(shape.vocabularySize)],
    ...sampleTokenizer(shape.vocabularySize),
  ];
}

/** In the order of the computation; rows first (`ne[0]`). */
export function sampleTensors(shape: SampleShape): SampleTensor[] {
  const { blockCount, embeddingLength: width, feedForwardLength: inner, vocabularySize } = shape;
  const kvWidth = (width / shape.headCount) * shape.headCountKv;
  const norm = (name: string): SampleTensor => ({ name: `${name}.weight`, dims: [width], kind: 'norm' });
  const block = (at: string): SampleTensor[] => [
    norm(`${at}.attn_norm`),
    weights(`${at}.attn_q`, width, width),
    weights(`${at}.attn_k`, width, kvWidth),
    weights(`${at}.attn_v`, width, kvWidth),
    weights(`${at}.attn_output`, width, width),
    norm(`${at}.ffn_norm`),
    weights(`${at}.ffn_gate`, width, inner),
    weights(`${at}.ffn_up`, width, inner),
    weights(`${at}.ffn_down`, inner, width),
  ];
  return [
    weights('token_embd', width, vocabularySize),
    ...Array.from({ length: blockCount }, (_, index) => block(`blk.${index}`)).flat(),
    norm('output_norm'),
    weights('output', width, vocabularySize),
  ];
}

function weights(name: string, ...dims: number[]): SampleTensor {
  return { name: `${name}.weight`, dims, kind: 'weights' };
}

function uint32(value: number): GgufValue {
  return { kind: 'uint32', value };
}
