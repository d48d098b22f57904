/** An estimate of the memory that a run needs, before anything is loaded: good for a warning, never a promise. */
import { MAX_BLOCKS } from './limits.ts';
import { metadataCount, metadataCounts, metadataLength, metadataString } from './metadata-values.ts';
import type { GgufFile, GgufMemoryEstimate } from './types.ts';

export interface EstimateMemoryOptions {
  /** The context that will be asked for, in tokens. */
  readonly contextTokens: number;
}

/** llama.cpp evaluates prompts in pieces of this many tokens (`n_ubatch`). */
const BATCH_TOKENS = 512;

const F16_BYTES = 2;
const F32_BYTES = 4;

/**
 * - weights: the bytes of all tensors;
 * - KV cache in F16: the sum over the blocks of `contextTokens × head_count_kv × (key_length + value_length) × 2`, which
 *   is `2 × blocks × contextTokens × head_count_kv × head_dim × 2` where keys and values have one length. Sliding windows
 *   are not counted, so that it is an upper bound for models that have them; 0 for models without attention;
 * - compute: the activations of one batch in F32, `batch × (vocabulary + 4 × embedding + 3 × feed_forward) × 4`, and the
 *   attention mask, `batch × contextTokens × 2`. It assumes flash attention, as llama.cpp does by default.
 */
export function estimateMemory(file: GgufFile, options: EstimateMemoryOptions): GgufMemoryEstimate {
  const { contextTokens } = options;
  const weightsBytes = file.tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0);
  const kvCacheBytes = contextTokens * kvBytesPerToken(file);
  const computeBytes = estimateCompute(file, contextTokens);
  return { weightsBytes, kvCacheBytes, computeBytes, totalBytes: weightsBytes + kvCacheBytes + computeBytes };
}

function kvBytesPerToken(file: GgufFile): number {
  const architecture = metadataString(file, 'general.architecture') ?? '';
  // A hostile number must not make a long loop: of a file that is only inspected, nothing has been checked.
  const blocks = Math.min(metadataCount(file, `${architecture}.block_count`) ?? 0, MAX_BLOCKS);
  const embedding = metadataCount(file, `${architecture}.embedding_length`) ?? 0;
  const heads = metadataCounts(file, `${architecture}.attention.head_count`, blocks);
  if (heads === null) return 0;
  const kvHeads = metadataCounts(file, `${architecture}.attention.head_count_kv`, blocks) ?? heads;
  const keyLength = metadataCount(file, `${architecture}.attention.key_length`);
  const valueLength = metadataCount(file, `${architecture}.attention.value_length`);
  let bytes = 0;
  for (let block = 0; block < blocks; block += 1) {
    const headCount = heads[block] ?? 0;
    const headLength = headCount > 0 ? embedding / headCount : 0;
    bytes += (kvHeads[block] ?? 0) * ((keyLength ?? headLength) + (valueLength ?? headLength)) * F16_BYTES;
  }
  return bytes;
}

function estimateCompute(file: GgufFile, contextTokens: number): number {
  const architecture = metadataString(file, 'general.architecture') ?? '';
  const batch = Math.min(contextTokens, BATCH_TOKENS);
  const vocabulary = metadataLength(file, 'tokenizer.ggml.tokens') ?? 0;
  const embedding = metadataCount(file, `${architecture}.embedding_length`) ?? 0;
  const feedForward = Math.max(0, ...(metadataCounts(file, `${architecture}.feed_forward_length`, 1) ?? []));
  return (
    batch * (vocabulary + 4 * embedding + 3 * feedForward) * F32_BYTES + batch * contextTokens * F16_BYTES
  );
}
