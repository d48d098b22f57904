/** Caps on what a hostile header may make us hold. Everything else is bounded by the bytes that are really there. */

/** Sequential reads of the header: large enough that a token table takes a few dozen, small enough to stay out of the way. */
export const READ_WINDOW_BYTES = 1024 * 1024;

/** The first read: most of a header without a token table, and all that `bundle list` wants. */
export const FIRST_READ_BYTES = 64 * 1024;

/**
 * The headers of all shards of a model together. The largest real ones (256k tokens with 500k merges and scores) take
 * about 20 MB; a hostile one takes three times its bytes once it is read, as texts.
 */
export const MAX_METADATA_BYTES = 32 * 1024 * 1024;

/** In all shards together. Real models have fewer than 100 keys; each one costs up to 3 kB, where its value is a list. */
export const MAX_METADATA_ENTRIES = 8192;

/** In all shards together. Models whose experts are separate tensors reach some 50,000. */
export const MAX_TENSORS = 131_072;

/** The specification allows arrays in arrays and names no depth; no known key uses any. */
export const MAX_ARRAY_DEPTH = 16;

/** Arrays in arrays are objects, not bytes: this many in one file. No known model has one, and llama.cpp takes none. */
export const MAX_NESTED_ARRAYS = 4096;

/** Specification, `gguf_metadata_kv_t`: "at most 2^16-1 bytes long". */
export const MAX_KEY_BYTES = 65_535;

/** Read before it is judged: far above any name that a reader accepts (63), far below what could hurt. */
export const MAX_TENSOR_NAME_BYTES = 65_535;

/** Specification, `gguf_tensor_info_t`, and `GGML_MAX_DIMS`. */
export const MAX_DIMENSIONS = 4;

/** `GGML_MAX_NAME` is 64 and counts the closing zero: `gguf_init_from_file` refuses a name of 64 bytes. */
export const MAX_ACCEPTED_NAME_BYTES = 63;

/** Of the data: 32 in almost every file, 4096 where pages are mapped. Near 2^32 a reader that pads wraps around. */
export const MAX_ALIGNMENT = 1024 * 1024;

/** Of one model; 50,000 tensors in shards of 128 (the default of llama-gguf-split) make some 400. Each is opened. */
export const MAX_SHARDS = 1024;

/** A name of a model is shown to people, and written into manifests and lists. */
export const MAX_SHOWN_NAME = 500;

/** `LLAMA_MAX_LAYERS`: llama.cpp ends itself above. */
export const MAX_BLOCKS = 512;

/** Heads, and the length of one: real ones are below 1000. */
export const MAX_HEAD_NUMBERS = 65_536;

/** Of a layer; real ones are below 1000, and llama.cpp ends itself above a number of its own (LLAMA_MAX_EXPERTS). */
export const MAX_EXPERTS = 65_536;

/** The largest vocabulary that we know (XLM-V) has 901,629 tokens. */
export const MAX_TOKENS = 1_048_576;
