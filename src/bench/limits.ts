/** Caps on what a suite may hold and on how long one measurement goes on, each with its reason. */

/** One file of a suite: thousands of documents of a page each. */
export const MAX_SUITE_FILE_BYTES = 8 * 1024 * 1024;

/** An id stands in every result. */
export const MAX_ID_LENGTH = 80;

/** A category is one or two words; the name of a suite stands in one line of a report. */
export const MAX_NAME_LENGTH = 120;

/** A prompt, a question or a document: a few pages. What is longer leaves no room for an answer in most contexts. */
export const MAX_TEXT_LENGTH = 32_768;

/** Each is answered at least six times. */
export const MAX_SPEED_PROMPTS = 200;

/** Each costs a model three to six answers. */
export const MAX_COVE_CASES = 5_000;

/** An answer has a handful of spellings. */
export const MAX_ACCEPTED_ANSWERS = 50;

/** Each query is scored with each document. */
export const MAX_DOCUMENTS = 5_000;
export const MAX_QUERIES = 5_000;

/** Who has seen a suite: versions of models. */
export const MAX_SEEN_BY = 500;

/** The most tokens that a prompt of the speed tier may ask for: the rate no longer changes by then. */
export const MAX_SPEED_TOKENS = 1_024;

/** What is wrong with a suite is told at once, up to so many times. */
export const MAX_SHOWN_ISSUES = 100;

/** Verification questions of one case: a small model goes on for ever. */
export const MAX_VERIFICATION_QUESTIONS = 4;

/** Numbers that a run file keeps of one metric; the file is read by people and by browsers. */
export const MAX_KEPT_SAMPLES = 500;

/** Tokens of the steps of Chain-of-Verification: three short questions; a few words; four comparisons and two fields. */
export const PLAN_TOKENS = 128;
export const CHECK_TOKENS = 48;
export const FINAL_TOKENS = 192;

/** Texts in one request for embeddings: what most servers take. */
export const EMBEDDED_AT_ONCE = 16;

/** Documents of each ranking that stand in a run file. */
export const KEPT_RANKS = 10;

/** Before the first is timed: weights come from the disk, the processor leaves its low clock. */
export const WARM_UP_ANSWERS = 2;

/** No interval of 95 % can be told from fewer samples (by order statistics). */
export const MIN_ROUNDS = 6;

/** More rounds than these cannot make a noisy machine quiet. */
export const MAX_ROUNDS = 40;

/** The width to either side that a median is to be known to. */
export const SPEED_TOLERANCE = 0.05;

/** How long the timing of one model goes on where it does not settle. */
export const MAX_SPEED_MS = 10 * 60_000;
