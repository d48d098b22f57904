/** Caps on what an untrusted text may make us hold. */

/** The largest JSON document that we read whole: a tokenizer.json of a 256k vocabulary is about 33 MB. */
export const MAX_JSON_BYTES = 64 * 1024 * 1024;

/** Deeper than any file of ours or of the Python side, far below what would exhaust the stack. */
export const MAX_JSON_DEPTH = 64;

/**
 * Values in one document, each of which costs some 200 bytes however short it is written (`{},{},…`). The registry of a
 * lifetime has far fewer.
 */
export const MAX_JSON_VALUES = 500_000;
