/** Caps on what the files of this room may make us hold. */

/** Smaller files are hashed as fast as they are looked up, and the files of a tokenizer would crowd out the weights. */
export const MIN_REMEMBERED_BYTES = 1024 * 1024;

/** Every shard of every model that a machine works with; the oldest are dropped beyond it. */
export const MAX_REMEMBERED_DIGESTS = 1000;

/** An entry takes at most some 350 bytes, so that a cache of ours is far below it. */
export const MAX_DIGEST_CACHE_BYTES = 512 * 1024;

/** Writing the cache takes milliseconds, and nothing is lost by not writing it. */
export const MAX_CACHE_LOCK_WAIT_MS = 2000;

/**
 * How long a file must have been left alone. A change within one tick of the clock leaves the times as they were: 10 ms on
 * ext4, a second where times are kept in seconds, two on FAT.
 */
export const MIN_SETTLED_MS = 2000;

/** systemctl and its like answer in a few kilobytes. */
export const MAX_PROGRAM_OUTPUT_BYTES = 256 * 1024;
