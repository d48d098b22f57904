/** Caps and margins of quantizing, each with its reason. */

/** Private memory beside the tensors: Node, the library, its threads' stacks. The largest seen for a tiny model was 90 MB. */
export const QUANTIZER_BASELINE_BYTES = 512 * 1024 * 1024;

/**
 * What is held of the largest tensor at once: as it is read, as F32 (twice the bytes of F16), and as it is written. The
 * library splits what is larger than its buffer, so that this is the most.
 */
export const TENSOR_COPIES = 4;

/** The slowest seen was 0.03 GB/s (Q4_K_M on one core of a small machine): a tenth of that is no longer work. */
export const SLOWEST_BYTES_PER_MS = 3000;

/** Even a small file may wait for a busy machine. */
export const QUANTIZE_BASE_MS = 120_000;

/** Beside the file itself: folders, the journal of the file system. */
export const DISK_MARGIN_BYTES = 16 * 1024 * 1024;

/** A file system with less is full: the library writes tensors of this size and more. */
export const FULL_DISK_BYTES = 1024 * 1024;
