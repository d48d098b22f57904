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

/** One line of a stream: a piece of an answer has some 400 characters, an error with a trace some thousands. */
export const MAX_EVENT_LINE_LENGTH = 1024 * 1024;

/** One event of a stream, all its lines of data together. */
export const MAX_EVENT_LENGTH = 1024 * 1024;

/** Values in one event: a piece of an answer has some twenty, and more where probabilities stand in it unasked. */
export const MAX_EVENT_VALUES = 10_000;

/** A whole stream: 65,536 tokens in pieces of 400 characters are 26 MB. */
export const MAX_STREAM_BYTES = 64 * 1024 * 1024;

/** The list of the models of a server: services with thousands of them need some 1 MB. */
export const MAX_MODEL_LIST_BYTES = 4 * 1024 * 1024;

/** What a page about the server itself may have (health, version). */
export const MAX_SERVER_PAGE_BYTES = 1024 * 1024;

/** What is read of the reason of a refusal. */
export const MAX_REFUSAL_BYTES = 64 * 1024;

/** Names of served models are paths at the longest. */
export const MAX_SERVED_NAME_LENGTH = 4096;

/** Values in one JSON document of a server: the log-probabilities of a long text, or the vectors of one request. */
export const MAX_REPLY_VALUES = 2_000_000;

/** Texts whose vectors are asked for at once: servers take a few dozen in one batch, and fewer cost more requests. */
export const MAX_EMBEDDED_AT_ONCE = 16;

/** Numbers in one vector: the widest models have some 16,000. */
export const MAX_EMBEDDING_DIMENSIONS = 65_536;

/** To find and reach a server, unless told otherwise: it is on this machine or near it. */
export const DEFAULT_CONNECT_MS = 10_000;

/** Without a sign of a server, unless told otherwise: a small board reads a long prompt for a minute or two in silence. */
export const DEFAULT_IDLE_MS = 180_000;

/** For one whole answer, unless told otherwise. */
export const DEFAULT_ANSWER_MS = 15 * 60_000;

/** Texts scored after one text in one call: the queries of a large suite. */
export const MAX_CONTINUATIONS = 10_000;

/** A grammar is parsed by llama.cpp, recursively; those for short answers have a few hundred bytes. */
export const MAX_GRAMMAR_BYTES = 64 * 1024;

/** How long llama.cpp's own timings, which come through its log, are waited for: they come within a turn of the event loop. */
export const TIMINGS_WAIT_MS = 500;
