/** Caps on what a client may make the server do, each with its reason. */

/** The most text of one request: more than any context that an edge device holds, less than would hurt it to keep. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Headers of real clients are below 2 kB; a key and a few cookies of a proxy fit in twice over. */
export const MAX_HEADER_BYTES = 8 * 1024;

/** A connection that has not sent its headers by then has other intentions. */
export const HEADERS_TIMEOUT_MS = 10_000;

/** Nor one that has not sent its body: 4 MiB within this time is 140 kB/s. */
export const BODY_TIMEOUT_MS = 30_000;

/** An idle connection is kept this long for the next request. */
export const KEEP_ALIVE_MS = 5000;

/** How often Node looks for connections that are over their time. */
export const TIMEOUT_CHECK_MS = 1000;

/** Each costs a descriptor and some 20 kB; beyond it a new one is closed at once. */
export const MAX_CONNECTIONS = 128;

/** What a client may leave unread before it counts as gone. */
export const MAX_UNSENT_BYTES = 1024 * 1024;

/** How long the rest of an answer may take to be read once it is complete. */
export const FINISH_TIMEOUT_MS = 30_000;

/** Messages of one conversation: a context of 128k tokens holds fewer turns than that. */
export const MAX_MESSAGES = 4096;

/** OpenAI's API takes four; each costs a search in every piece of the answer. */
export const MAX_STOP_TEXTS = 16;

/** A stop text holds back as much of the answer as it is long. */
export const MAX_STOP_LENGTH = 256;

/** As OpenAI's API has it. */
export const MAX_TEMPERATURE = 2;

/** OpenAI's default for plain completions. */
export const DEFAULT_COMPLETION_TOKENS = 16;

/** Requests that wait for the one that is answered, unless told otherwise. */
export const DEFAULT_MAX_QUEUE = 8;

/** For one answer, unless told otherwise: a small board takes minutes for a long one. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 10 * 60_000;

/** For what is being answered when the server is asked to end, unless told otherwise. */
export const DEFAULT_DRAIN_MS = 10_000;

/** After its time is up an answer is cut off in order; an engine that does not even do that is killed this much later. */
export const ENGINE_GRACE_MS = 30_000;

/** A key that can be guessed guards nothing. */
export const MIN_KEY_LENGTH = 16;

/** A key file is one line. */
export const MAX_KEY_FILE_BYTES = 4096;

/** The context of a server that is told none: a conversation of some pages, and small enough for small boards. */
export const DEFAULT_SERVED_CONTEXT_TOKENS = 4096;

/** A model may take this long to load, and longer where it is large: a slow SD card reads about 20 MB/s. */
export const LOAD_BASE_MS = 120_000;
export const SLOWEST_DISK_BYTES_PER_MS = 20_000;

/** The estimate of a model's memory is exceeded by at most this factor before its process is ended. */
export const SERVED_MEMORY_HEADROOM = 1.5;

/** The longest advice to a client that was turned away. */
export const MAX_RETRY_AFTER_SECONDS = 60;
