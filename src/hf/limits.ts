/** Caps on what a hostile model directory may make us read or hold. */

/** The format's own limit (safetensors, `MAX_HEADER_SIZE`: 100,000,000 bytes). */
export const MAX_SAFETENSORS_HEADER_BYTES = 100_000_000;

/** Brackets of a header: a tensor has three pairs, and each costs up to 250 bytes of memory once parsed. */
export const MAX_SAFETENSORS_BRACKETS = 2_000_000;

/** Tensors of all files together, about 250 bytes of memory each: the largest models have some 100,000. */
export const MAX_DIRECTORY_TENSORS = 400_000;

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
