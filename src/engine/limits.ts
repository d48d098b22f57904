/** Caps on what a model may make us do. */

/** What the engine's process takes before any model: Node, its threads' stacks, llama.cpp's libraries (measured: 0.15 GB). */
export const ENGINE_BASELINE_BYTES = 384 * 1024 * 1024;

/** The context of a load that names none: enough for a load test and most benchmarks, small enough for small boards. */
export const DEFAULT_CONTEXT_TOKENS = 2048;

/** The window of a perplexity that names none: the one that `llama-perplexity` takes. */
export const DEFAULT_WINDOW_TOKENS = 512;

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

/** What a llama-server takes before any model: its threads' stacks, compute buffers, the libraries of a GPU where it has one. */
export const SERVER_BASELINE_BYTES = 1024 * 1024 * 1024;

/** `--version` and `--help` answer in milliseconds; a build for GPUs looks for them first. */
export const SERVER_QUESTION_MS = 30_000;

/** How many ports are tried before we give up: another program taking the port between two calls is rare enough. */
export const MAX_PORT_ATTEMPTS = 5;

/** A version is a number and a commit; what is longer is no version. */
export const MAX_VERSION_TEXT = 120;

/** An answer of generated text with ten probabilities for each token: 65,536 tokens are some 60 MB. */
export const MAX_SERVER_ANSWER_BYTES = 64 * 1024 * 1024;

/** The probabilities read at each step of a load test: the first says what all of them are, the others that they are numbers. */
export const CHECKED_PROBABILITIES = 10;

/** The probabilities asked for first when a text is scored: most tokens of a text are among so many. */
export const SCORED_PROBABILITIES = 256;
