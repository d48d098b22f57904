/** Caps and margins of quantizing, each with its reason. */

/** Private memory beside the tensors: Node, the library, its threads' stacks. The largest seen for a tiny model was 90 MB. */
export const QUANTIZER_BASELINE_BYTES = 512 * 1024 * 1024;

/**
 * What the library holds of a tensor at once: rows as they are read, as F32 and as they are written. The same bytes come out as
 * with its default of 8 GiB.
 */
export const QUANTIZER_BUFFER_BYTES = 128 * 1024 * 1024;

/** A buffer that grows is there twice for a moment. */
export const QUANTIZER_BUFFERS_BYTES = 2 * QUANTIZER_BUFFER_BYTES;

/** Of a tensor that is smaller than the buffers: as it is read, as F32 (twice the bytes of F16), and as it is written. */
export const TENSOR_COPIES = 4;

/** The slowest seen was 0.03 GB/s (Q4_K_M on one core of a small machine): a tenth of that is no longer work. */
export const SLOWEST_BYTES_PER_MS = 3000;

/** Even a small file may wait for a busy machine. */
export const QUANTIZE_BASE_MS = 120_000;

/** Beside the file itself: folders, the journal of the file system. */
export const DISK_MARGIN_BYTES = 16 * 1024 * 1024;

/** A file system with less is full: the library writes tensors of this size and more. */
export const FULL_DISK_BYTES = 1024 * 1024;

/** Tokens of a vocabulary whose texts are cut by both tokenizers after a conversion: every fortieth of 152,000; a second of work. */
export const MAX_CHECKED_TOKENS = 4000;

/** Added tokens whose texts are tried inside other text: real models have from three to a thousand, in rows of the same kind. */
export const MAX_CHECKED_SPECIAL_TOKENS = 300;

/** In UTF-16 units: real tokens have up to 128 spaces; what is longer says nothing more, and costs more. */
export const MAX_CHECKED_TOKEN_LENGTH = 256;

/** What the tokenizer of Hugging Face takes for a vocabulary of 256k with 40 MB of JSON, in a process of its own. */
export const REFERENCE_MEMORY_BYTES = 2 * 1024 * 1024 * 1024;

/** The same in llama.cpp, whose vocabulary is smaller; its metadata are read in JavaScript too. */
export const CHECK_MEMORY_BYTES = 2 * 1024 * 1024 * 1024;

/** Five seconds were seen for 152k tokens on two cores; a definition that takes a hundred times as long is none of a model's. */
export const CHECK_WALL_MS = 300_000;

/** Of a piece of SentencePiece, in UTF-16 units: the standard of its trainer is 16, the longest known has 128 spaces. */
export const MAX_PIECE_CHARACTERS = 256;

/** Weights that an importance matrix tells of. A model with many experts keeps those of one layer in one weight, and has some 1000. */
export const MAX_IMATRIX_ENTRIES = 16_384;

/** Numbers of an importance matrix: the largest models with experts come to some 250 million. Four bytes each, held twice. */
export const MAX_IMATRIX_VALUES = 2 ** 29;

/** Of a weight: ggml has no longer ones (`GGML_MAX_NAME`, with a closing zero). */
export const MAX_IMATRIX_NAME_BYTES = 63;

/** Texts that the model read for the matrix; only the first is ever told of. */
export const MAX_IMATRIX_DATASETS = 64;

/** A path, as somebody typed it. */
export const MAX_IMATRIX_DATASET_BYTES = 65_536;

/** The numbers of an importance matrix are looked at in pieces. */
export const IMATRIX_WINDOW_BYTES = 1024 * 1024;

/** The library copies the numbers that it is given, and both copies are there while it works. */
export const IMATRIX_COPIES = 2;

/** A program that is asked for its help answers at once, or is another one. */
export const TOOL_QUESTION_MS = 20_000;

/** What a llama-quantize may hold of a tensor at once; the same bytes come out as with its own 8 GiB. */
export const TOOL_BUFFER_MIB = 128;

/** Python with torch and transformers, before it has read a weight; some 1 GB was seen. */
export const SCRIPT_BASELINE_BYTES = 4 * 1024 ** 3;

/** The IQ types search for the best code of each block: 0.0025 GB/s was seen on one core, a twelfth of the others. */
export const SLOWEST_SEARCHED_BYTES_PER_MS = 250;
