/**
 * The types that a tensor of a known name can have: ggml ends itself, or reads from address 0, where an operation has no
 * code for a type. Converters write norms, biases and frequencies as F32, and weights as floats or quantized.
 */
import { escapeText } from '../core/index.ts';
import { GgufFailure } from './error.ts';
import type { GgmlType } from './ggml-types.ts';
import type { GgufFile, GgufTensor } from './types.ts';

const F32_NAMES = /^(?:blk\.\d+\.\w*norm|output_norm|token_embd_norm|rope_freqs)\.weight$/;
const WEIGHT_NAMES =
  /^(?:token_embd|output|blk\.\d+\.(?:attn_(?:q|k|v|qkv|output)|ffn_(?:gate|up|down)(?:_exps|_shexp)?))\.(?:weight|bias)$/;
const NO_WEIGHTS: ReadonlySet<GgmlType> = new Set(['I8', 'I16', 'I32', 'I64', 'F64']);

/** Throws `GGUF_TENSOR_TYPE_UNFIT`. */
export function checkTensorType(file: GgufFile, { name, type, infoOffset }: GgufTensor): void {
  const expected = F32_NAMES.test(name)
    ? 'F32'
    : WEIGHT_NAMES.test(name)
      ? 'a float or quantized type'
      : null;
  if (expected === null || type === null) return;
  if (expected === 'F32' ? type === 'F32' : !NO_WEIGHTS.has(type)) return;
  const tensor = escapeText(name, 80);
  throw new GgufFailure(
    'GGUF_TENSOR_TYPE_UNFIT',
    `The tensor ${tensor} in ${escapeText(file.name)} is of the type ${type}, which llama.cpp cannot compute with there.`,
    { details: { offset: infoOffset, tensor, expected, received: type } },
  );
}
