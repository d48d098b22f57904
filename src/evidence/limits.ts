/** Caps on what a run file may make us hold or read. */

/** A run of 1,000 candidates with notes on every metric is about 3 MB. */
export const MAX_RUN_BYTES = 32 * 1024 * 1024;

/** Far above what anyone measures in one run; a table of more helps nobody. */
export const MAX_CANDIDATES = 10_000;

/** How many wrong fields a refusal names: enough to repair a file in one go, few enough to read. */
export const MAX_WRONG_FIELDS = 10;

/** How many older runs are opened to name the newest complete one in a refusal. */
export const MAX_RUNS_SEARCHED = 50;

/** Two machines' clocks may differ this much before a run counts as dated in the future. */
export const MAX_CLOCK_SKEW_MS = 60_000;

/** A name, a version or a flag of an engine: paths are the longest. */
export const MAX_ENGINE_TEXT = 4096;

/** Flags that somebody types to start a server. */
export const MAX_ENGINE_FLAGS = 256;
