/** Caps on what a hostile model directory may make us read or hold. */

/**
 * The header of one file. The format allows 100,000,000 bytes (safetensors, `MAX_HEADER_SIZE`); real ones, 100 to 160 bytes
 * for each tensor, stay below 5 MB, and a text takes up to twice its bytes once it is read.
 */
export const MAX_SAFETENSORS_HEADER_BYTES = 16 * 1024 * 1024;

/** JSON values in one header: eight for a tensor of two dimensions, so 40,000 tensors. Each costs some 200 bytes at first. */
export const MAX_SAFETENSORS_VALUES = 320_000;

/** All headers of a directory together: 65,536 tensors with long names take 10 MB. */
export const MAX_DIRECTORY_HEADER_BYTES = 32 * 1024 * 1024;

/**
 * Tensors of a directory. A model of 235 thousand million parameters with its experts one by one has 37,000; only the few
 * with a million million parameters have more than these, and none of those is meant for an edge device.
 */
export const MAX_DIRECTORY_TENSORS = 65_536;

/** Entries of an index, and the few values around them. */
export const MAX_INDEX_VALUES = MAX_DIRECTORY_TENSORS + 1000;

/** A real config.json is a few kB; those of vision models with every label reach about 200 kB. */
export const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** About 100 bytes per tensor; the largest models have some 100,000 tensors. */
export const MAX_INDEX_BYTES = 16 * 1024 * 1024;

/** Entries of the whole directory: a model has tens of files, the largest known some hundreds. Each is opened. */
export const MAX_DIRECTORY_ENTRIES = 4_000;

/** Folders within folders. */
export const MAX_DIRECTORY_DEPTH = 16;

/** Text and JSON is judged whole, and held in memory for it: the tokenizer.json of a 256k vocabulary has 33 MB. */
export const MAX_TEXT_BYTES = 40 * 1024 * 1024;

/**
 * JSON values of a file that is read whole. The largest tokenizer.json of a byte-level BPE (Llama 3: 128k tokens, 280k merges)
 * has 970,000 where each merge is a list of two.
 */
export const MAX_TOKENIZER_VALUES = 1_200_000;

/** Of all files that are judged whole: tokenizer, configuration, card and its images come to less than 50 MB. */
export const MAX_JUDGED_BYTES = 64 * 1024 * 1024;

/** Keys of one JSON file, held while their object is open, some 60 bytes each beside their text: a vocabulary of 256k, and more. */
export const MAX_SCANNED_KEYS = 400_000;

/** The text of those keys: the tokens of a vocabulary are 10 characters long. */
export const MAX_SCANNED_KEY_CHARACTERS = 8 * 1024 * 1024;

/** The largest real SentencePiece model (a 256k vocabulary) has 15 MB. */
export const MAX_SENTENCEPIECE_BYTES = 32 * 1024 * 1024;

/** Pictures of a model card: photographs are below 10 MB. */
export const MAX_IMAGE_BYTES = 32 * 1024 * 1024;

/** Well-formed steps in a row, after which a file is a pickle whatever else it is. */
export const MAX_PICKLE_STEPS = 200_000;

/** Places in one text from which a hidden pickle is tried, and how far each try goes: together less than a quarter of a second. */
export const MAX_EMBEDDED_PICKLES = 1_000;
export const MAX_EMBEDDED_PICKLE_BYTES = 16 * 1024;
export const MAX_EMBEDDED_PICKLE_STEPS = 300;

/** A real chat template has up to 20 kB. */
export const MAX_CHAT_TEMPLATE_BYTES = 1024 * 1024;

/** Named templates of one model: `default`, `tool_use`, `rag` and a few more. */
export const MAX_CHAT_TEMPLATES = 64;

/** Lines after which a text is no longer judged as a program: the longest modeling file has 10,000. */
export const MAX_SCRIPT_LINES = 50_000;

/** Lines that are each read as JSON; with more, a file is text to us, which ships as well. */
export const MAX_JSON_LINES = 100_000;
