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

/** Entries of the whole directory: a model has tens of files, the largest known some hundreds. */
export const MAX_DIRECTORY_ENTRIES = 10_000;

/** Folders within folders. */
export const MAX_DIRECTORY_DEPTH = 16;
