/** Caps on what a hostile header may make us hold. Everything else is bounded by the bytes that are really there. */

/** Sequential reads of the header: large enough that a token table takes a few dozen, small enough to stay out of the way. */
export const READ_WINDOW_BYTES = 1024 * 1024;

/** The first read: most of a header without a token table, and all that `bundle list` wants. */
export const FIRST_READ_BYTES = 64 * 1024;

/** The largest real headers (256k tokens with merges and scores) take about 20 MB. */
export const MAX_METADATA_BYTES = 64 * 1024 * 1024;

/** Real files have fewer than 100 keys; every key costs a map entry. */
export const MAX_METADATA_ENTRIES = 65_536;

/** Models whose experts are separate tensors reach some 50,000. */
export const MAX_TENSORS = 131_072;

/** The specification allows arrays in arrays and names no depth; no known key uses any. */
export const MAX_ARRAY_DEPTH = 16;

/** Arrays in arrays are objects, not bytes: this many in one file. */
export const MAX_NESTED_ARRAYS = 65_536;

/** Specification, `gguf_metadata_kv_t`: "at most 2^16-1 bytes long". */
export const MAX_KEY_BYTES = 65_535;

/** Read before it is judged: far above any name that a reader accepts (63), far below what could hurt. */
export const MAX_TENSOR_NAME_BYTES = 65_535;

/** Specification, `gguf_tensor_info_t`, and `GGML_MAX_DIMS`. */
export const MAX_DIMENSIONS = 4;

/** `GGML_MAX_NAME` is 64 and counts the closing zero: `gguf_init_from_file` refuses a name of 64 bytes. */
export const MAX_ACCEPTED_NAME_BYTES = 63;

/** Shards of one model; llama.cpp keeps the count in 16 bits, the file name in five digits. */
export const MAX_SHARDS = 65_535;

/** A name of a model is shown to people, and written into manifests and lists. */
export const MAX_SHOWN_NAME = 500;
