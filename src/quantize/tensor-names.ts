/** Every tensor that a model of a family has: its name in transformers and in llama.cpp, its shape, what is done to it. Pure. */
import type { Hyperparameters } from './hyperparameters.ts';

export interface TensorMapping {
  /** In the safetensors files. */
  readonly name: string;
  /** In the GGUF (`MODEL_TENSOR` of gguf-py). */
  readonly ggufName: string;
  /** As transformers gives it: rows first. */
  readonly shape: readonly number[];
  /** So many heads, whose rows change places; null where the bytes stay as they are. */
  readonly interleavedHeads: number | null;
}

/** In the order in which they are written. */
export function mapTensors(model: Hyperparameters): readonly TensorMapping[] {
  const { embeddingLength: width, vocabularySize, blockCount, hasTiedEmbeddings } = model;
  const output = plain('lm_head.weight', 'output.weight', [vocabularySize, width]);
  return [
    plain('model.embed_tokens.weight', 'token_embd.weight', [vocabularySize, width]),
    ...Array.from({ length: blockCount }, (_, block) => mapBlock(block, model)).flat(),
    plain('model.norm.weight', 'output_norm.weight', [width]),
    ...(hasTiedEmbeddings ? [] : [output]),
  ];
}

/** Kept by old checkpoints, and computed anew by every reader. */
export function isIgnored(name: string, { hasTiedEmbeddings }: Hyperparameters): boolean {
  return (
    /^model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/.test(name) ||
    (hasTiedEmbeddings && name === 'lm_head.weight')
  );
}

function mapBlock(block: number, model: Hyperparameters): readonly TensorMapping[] {
  const { family, embeddingLength: width, feedForwardLength: inner, headLength } = model;
  const queries = model.headCount * headLength;
  const keys = model.keyValueHeadCount * headLength;
  const weight = (name: string, ggufName: string, shape: readonly number[]): TensorMapping =>
    plain(`model.layers.${block}.${name}`, `blk.${block}.${ggufName}`, shape);
  const interleaved = (mapping: TensorMapping, heads: number): TensorMapping =>
    family.interleavesHeads ? { ...mapping, interleavedHeads: heads } : mapping;
  const attention = 'self_attn';
  return [
    weight('input_layernorm.weight', 'attn_norm.weight', [width]),
    interleaved(weight(`${attention}.q_proj.weight`, 'attn_q.weight', [queries, width]), model.headCount),
    interleaved(
      weight(`${attention}.k_proj.weight`, 'attn_k.weight', [keys, width]),
      model.keyValueHeadCount,
    ),
    weight(`${attention}.v_proj.weight`, 'attn_v.weight', [keys, width]),
    ...(family.hasBias
      ? [
          weight(`${attention}.q_proj.bias`, 'attn_q.bias', [queries]),
          weight(`${attention}.k_proj.bias`, 'attn_k.bias', [keys]),
          weight(`${attention}.v_proj.bias`, 'attn_v.bias', [keys]),
        ]
      : []),
    ...(family.hasHeadNorm
      ? [
          weight(`${attention}.q_norm.weight`, 'attn_q_norm.weight', [headLength]),
          weight(`${attention}.k_norm.weight`, 'attn_k_norm.weight', [headLength]),
        ]
      : []),
    weight(`${attention}.o_proj.weight`, 'attn_output.weight', [width, queries]),
    weight('post_attention_layernorm.weight', 'ffn_norm.weight', [width]),
    weight('mlp.gate_proj.weight', 'ffn_gate.weight', [inner, width]),
    weight('mlp.up_proj.weight', 'ffn_up.weight', [inner, width]),
    weight('mlp.down_proj.weight', 'ffn_down.weight', [width, inner]),
  ];
}

function plain(name: string, ggufName: string, shape: readonly number[]): TensorMapping {
  return { name, ggufName, shape, interleavedHeads: null };
}
