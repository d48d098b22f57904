/** Caps on what a model may make us do. */

/** What the engine's process takes before any model: Node, its threads' stacks, llama.cpp's libraries (measured: 0.15 GB). */
export const ENGINE_BASELINE_BYTES = 384 * 1024 * 1024;

/** The context of a load that names none: enough for a load test and most benchmarks, small enough for small boards. */
export const DEFAULT_CONTEXT_TOKENS = 2048;

/** The most tokens one call may generate: a longer answer is a conversation, which is a server's work. */
export const MAX_GENERATED_TOKENS = 65_536;

/** How far the float32 sum over a vocabulary of 256k entries may lie from 1. */
export const MAX_PROBABILITY_SUM_ERROR = 1e-3;

/** The most text one call may bring: far more than any context holds, far less than a process would choke on. */
export const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** Positions whose logits are read at once: each holds the whole vocabulary in float32, half a megabyte and more. */
export const MAX_POSITIONS_PER_LOOK = 16;

/** Prompt tokens computed at once: more would be hardly faster on a CPU and take more scratch memory. */
export const BATCH_TOKENS = 256;
