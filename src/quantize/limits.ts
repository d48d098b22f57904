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
