/** Caps and margins of a deployment, each with its reason. */

/** A line is about 1 kB and a deployment writes eight: this is some 8,000 deployments. */
export const MAX_JOURNAL_BYTES = 64 * 1024 * 1024;

/** SHA256SUMS of a release: 10,000 files with long paths are about 4 MB. */
export const MAX_SUMS_BYTES = 16 * 1024 * 1024;

/** Room on the target's disk beyond the release itself: metadata, the journal, folders. */
export const DISK_MARGIN_BYTES = 16 * 1024 * 1024;

/** Of that margin: what the folders, the lock and the list of targets take before the plan is made again, under the lock. */
export const CONTROL_BYTES = 1024 * 1024;

/** Tokens that a load test generates unless told otherwise: enough to see a model that falls apart. */
export const DEFAULT_LOAD_TEST_TOKENS = 16;

/** Tokens that the answer to a smoke prompt may have, at least: a short sentence. */
export const SMOKE_TOKENS = 48;

/** Context of the load test: the prompt and the tokens, far below what serving needs. */
export const LOAD_TEST_CONTEXT_TOKENS = 512;

/** A load test may take this long … */
export const LOAD_TEST_BASE_MS = 120_000;

/** … and longer for large files: a slow SD card reads about 20 MB/s. */
export const SLOWEST_DISK_BYTES_PER_MS = 20_000;

/** The kernel's estimate of a model's memory is exceeded by at most this factor before the child is ended. */
export const MEMORY_HEADROOM = 1.5;

/**
 * Beside a target stand names made from its own: the longest, a temporary name of a temporary link, adds 36 bytes, and a
 * name of a common file system has at most 255.
 */
export const MAX_TARGET_NAME_BYTES = 219;

/** What a health page or a completion of one token may answer: real ones have a few kB. */
export const MAX_PROBE_BYTES = 1024 * 1024;

/** Entries of an adopted folder that are looked at: a model has a few, an environment of Python some 50,000; listing takes seconds. */
export const MAX_INVENTORY_ENTRIES = 100_000;

/** Entries of an adopted folder that the journal names one by one: 256 are about 30 kB of it; of more it keeps a digest. */
export const MAX_LISTED_ENTRIES = 256;

/** Why a run failed, in its journal line: a sentence with two long paths; a line stays about 1 kB. */
export const MAX_BECAUSE_LENGTH = 600;
