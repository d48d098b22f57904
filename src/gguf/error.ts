/** The failures of `gguf`: each rule a file can break, with the clause of the specification or the reader that refuses it. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

const AGAIN = 'Copy or download the file again and compare its size and SHA-256 with the source.';
const CONVERT = 'Convert the model again with a current converter; the file cannot be repaired.';

export const GGUF_FAILURES = {
  GGUF_MAGIC_INVALID: {
    exitCode: 3,
    summary: 'The file does not start with the four letters GGUF (specification: `magic`).',
    hint: 'Check that this is the file you meant; a GGUF model starts with the letters GGUF.',
  },
  GGUF_BYTE_ORDER: {
    exitCode: 3,
    summary:
      'The file was written for big-endian machines; llama.cpp refuses it on the machines that we serve.',
    hint: 'Use the little-endian file, or convert it with: gguf-convert-endian FILE little',
  },
  GGUF_VERSION_UNSUPPORTED: {
    exitCode: 3,
    summary: 'The format version is not 2 or 3 (llama.cpp dropped version 1 and knows nothing newer).',
    hint: CONVERT,
  },
  GGUF_TRUNCATED: {
    exitCode: 3,
    summary: 'The file ends inside its own header.',
    hint: AGAIN,
  },
  GGUF_COUNT_IMPOSSIBLE: {
    exitCode: 3,
    summary: 'The header claims more tensors or metadata keys than the file has bytes for.',
    hint: AGAIN,
  },
  GGUF_LENGTH_IMPOSSIBLE: {
    exitCode: 3,
    summary: 'A string or an array claims more bytes than are left in the file (llama.cpp refuses it too).',
    hint: AGAIN,
  },
  GGUF_LIMIT_EXCEEDED: {
    exitCode: 3,
    summary:
      'The header is larger, or nested deeper, than any model needs; reading it could exhaust the memory.',
    hint: 'Check where the file comes from: no known converter writes such a header.',
  },
  GGUF_KEY_INVALID: {
    exitCode: 3,
    summary:
      'A metadata key is empty (llama.cpp refuses it), longer than 65535 bytes or not plain ASCII (specification: `gguf_metadata_kv_t.key`).',
    hint: CONVERT,
  },
  GGUF_KEY_DUPLICATE: {
    exitCode: 3,
    summary: 'A metadata key stands twice, so that two readers may see two models (llama.cpp refuses it).',
    hint: CONVERT,
  },
  GGUF_VALUE_TYPE_UNKNOWN: {
    exitCode: 3,
    summary: 'A metadata value has a type outside the 13 of the specification (`gguf_metadata_value_type`).',
    hint: CONVERT,
  },
  GGUF_BOOL_INVALID: {
    exitCode: 3,
    summary: 'A boolean is neither 0 nor 1 (specification: anything else is an invalid model).',
    hint: CONVERT,
  },
  GGUF_STRING_NOT_UTF8: {
    exitCode: 3,
    summary: 'A tensor name or a metadata text is not UTF-8 (specification: `gguf_string_t`).',
    hint: CONVERT,
  },
  GGUF_NESTED_ARRAY: {
    exitCode: 3,
    summary: 'A metadata array holds arrays: the specification allows it, llama.cpp refuses the file.',
    hint: CONVERT,
  },
  GGUF_ALIGNMENT_INVALID: {
    exitCode: 3,
    summary:
      'general.alignment is not a uint32, not a power of two (llama.cpp refuses both) not a multiple of 8 (specification: `general.alignment`) or above 1 MiB, where padding may wrap around.',
    hint: CONVERT,
  },
  GGUF_ARCHITECTURE_MISSING: {
    exitCode: 3,
    summary:
      'general.architecture is missing or not a text (specification: required; llama.cpp cannot load the model).',
    hint: CONVERT,
  },
  GGUF_HYPERPARAMETER_INVALID: {
    exitCode: 3,
    summary:
      'A number of the architecture (layers, heads, experts, an epsilon, the kind of rope scaling) is one that llama.cpp ends itself on.',
    hint: CONVERT,
  },
  GGUF_VOCABULARY_INVALID: {
    exitCode: 3,
    summary:
      'The tables of the tokenizer do not belong together: a token stands twice, or a table is shorter or of another type than llama.cpp reads it as.',
    hint: CONVERT,
  },
  GGUF_TENSOR_TYPE_UNFIT: {
    exitCode: 3,
    summary:
      'A tensor has a type that llama.cpp cannot compute with in its place: embeddings of integers, a norm that is not F32.',
    hint: CONVERT,
  },
  GGUF_TENSOR_NAME_INVALID: {
    exitCode: 3,
    summary:
      'A tensor name has 64 bytes or more (llama.cpp refuses it; the specification allows 64 at most) or a zero byte, where llama.cpp stops reading it.',
    hint: CONVERT,
  },
  GGUF_TENSOR_DUPLICATE: {
    exitCode: 3,
    summary: 'Two tensors have one name (llama.cpp refuses it).',
    hint: CONVERT,
  },
  GGUF_DIMENSION_COUNT: {
    exitCode: 3,
    summary:
      'A tensor has more than four dimensions (specification: `n_dimensions`; llama.cpp: GGML_MAX_DIMS).',
    hint: CONVERT,
  },
  GGUF_DIMENSION_NEGATIVE: {
    exitCode: 3,
    summary: 'A dimension is 2^63 or more, which llama.cpp reads as negative and refuses.',
    hint: CONVERT,
  },
  GGUF_DIMENSIONS_OVERFLOW: {
    exitCode: 3,
    summary:
      'The dimensions of a tensor multiply to more than any file can hold (llama.cpp refuses most, and reads 2^32 × 2^32 as an empty tensor).',
    hint: CONVERT,
  },
  GGUF_TENSOR_TYPE_UNKNOWN: {
    exitCode: 3,
    summary: 'A tensor has a type that ggml does not know (llama.cpp refuses it).',
    hint: 'Use a file quantized to a type that llama.cpp v0.5.0 knows, or update Milton Edge and llama.cpp.',
  },
  GGUF_TENSOR_TYPE_REMOVED: {
    exitCode: 3,
    summary:
      'A tensor has a type that ggml has removed (Q4_2, Q4_3, Q4_0_4_4 and their like); llama.cpp refuses it.',
    hint: 'Quantize the original model again, for example to Q4_0: llama.cpp repacks it while loading.',
  },
  GGUF_ROW_NOT_BLOCKS: {
    exitCode: 3,
    summary: 'The rows of a quantized tensor are not a whole number of blocks (llama.cpp refuses it).',
    hint: CONVERT,
  },
  GGUF_TENSOR_MISALIGNED: {
    exitCode: 3,
    summary:
      'The offset of a tensor is not a multiple of the alignment (specification: `gguf_tensor_info_t.offset`).',
    hint: CONVERT,
  },
  GGUF_TENSOR_ORDER: {
    exitCode: 3,
    summary:
      'The data of the tensors lie in another order than their descriptions (llama.cpp refuses it: gguf_init_from_file).',
    hint: CONVERT,
  },
  GGUF_TENSOR_OVERLAP: {
    exitCode: 3,
    summary:
      'The data of two tensors overlap (llama.cpp refuses it: each must start where the one before ends, padded).',
    hint: CONVERT,
  },
  GGUF_TENSOR_HOLE: {
    exitCode: 3,
    summary:
      'There are unclaimed bytes before the data of a tensor (llama.cpp refuses it: gguf_init_from_file).',
    hint: CONVERT,
  },
  GGUF_DATA_INCOMPLETE: {
    exitCode: 3,
    summary: 'The file ends before the data of a tensor do (llama.cpp refuses it: llama-model-loader).',
    hint: AGAIN,
  },
  GGUF_SPLIT_INCONSISTENT: {
    exitCode: 3,
    summary:
      'split.no, split.count and split.tensors.count are incomplete, of the wrong type or contradict each other (llama.cpp reads them as uint16, uint16, int32).',
    hint: 'Split the model again with: llama-gguf-split --split MODEL PREFIX',
  },
  GGUF_FINAL_PADDING: {
    exitCode: 3,
    summary:
      'Policy rule final-padding: the last tensor is whole, but the padding behind it, which the writer of llama.cpp always writes, is cut.',
    hint: `${AGAIN} If the file is known to be whole, allow it with: --allow final-padding`,
  },
  GGUF_TRAILING_BYTES: {
    exitCode: 3,
    summary: 'Policy rule trailing-bytes: bytes that belong to no tensor follow the last one.',
    hint: 'Find out what was appended to the file; if you know it, allow it with: --allow trailing-bytes',
  },
  GGUF_TENSOR_EMPTY: {
    exitCode: 3,
    summary: 'Policy rule empty-tensor: a dimension is zero, so that the tensor holds nothing.',
    hint: 'Convert the model again; if the empty tensor is meant, allow it with: --allow empty-tensor',
  },
  GGUF_NO_TENSORS: {
    exitCode: 3,
    summary: 'Policy rule no-tensors: the file holds metadata only, as a vocabulary file does.',
    hint: 'Use the file with the weights; if metadata alone are meant, allow it with: --allow no-tensors',
  },
  GGUF_SHARD_FOREIGN: {
    exitCode: 3,
    summary: 'A file among the shards belongs to another model, or is not named NAME-00001-of-00003.gguf.',
    hint: 'Keep the shards of one model together and name each as the splitter did.',
  },
  GGUF_SHARD_MISSING: {
    exitCode: 3,
    summary: 'A shard of a split model is missing.',
    hint: 'Copy the missing shard beside the others.',
  },
  GGUF_SHARD_DUPLICATE: {
    exitCode: 3,
    summary: 'The same shard, or the same tensor in two shards, is there twice (llama.cpp refuses it).',
    hint: 'Keep one of the two files.',
  },
  GGUF_SHARD_MISMATCH: {
    exitCode: 3,
    summary:
      'What a shard says about itself differs from its name or from the other shards (llama.cpp refuses it).',
    hint: 'Copy all shards again from one source, or split the model again.',
  },
  GGUF_MODEL_INVALID: {
    exitCode: 1,
    summary:
      'A model that is to be written contradicts itself: the data of a tensor do not fit its dimensions and type.',
    hint: 'Correct the model before writing it.',
  },
} as const satisfies FailureCatalogue;

export type GgufCode = keyof typeof GGUF_FAILURES;

export class GgufFailure extends Failure<GgufCode> {
  constructor(code: GgufCode, message: string, options?: FailureOptions) {
    super(GGUF_FAILURES, code, message, options);
  }
}
