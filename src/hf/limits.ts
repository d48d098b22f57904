/** Caps on what a hostile model directory may make us read or hold. */

/** The format's own limit (safetensors, `MAX_HEADER_SIZE`: 100,000,000 bytes). */
export const MAX_SAFETENSORS_HEADER_BYTES = 100_000_000;

/** Brackets of a header: a tensor has three pairs, and each costs up to 250 bytes of memory once parsed. */
export const MAX_SAFETENSORS_BRACKETS = 2_000_000;

/** A real config.json is a few kB; those of vision models with every label reach about 200 kB. */
export const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** About 100 bytes per tensor; the largest models have some 100,000 tensors. */
export const MAX_INDEX_BYTES = 16 * 1024 * 1024;

/** Entries of the whole directory: a model has tens of files, the largest known some hundreds. */
export const MAX_DIRECTORY_ENTRIES = 10_000;

/** Folders within folders. */
export const MAX_DIRECTORY_DEPTH = 16;
