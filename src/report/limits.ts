/** Caps on what a page shows, so that a hostile run makes neither a huge page nor a long wait. */

/** Candidates that are drawn, the best first: more rows or numbered points cannot be told apart. */
export const MAX_DRAWN = 30;

/** Candidates that stand in tables. */
export const MAX_LISTED = 200;

/** Cases or queries in one table: the sample suite has 30. */
export const MAX_ROWS = 500;

/** Samples of one candidate that are drawn: more dots only cover each other. */
export const MAX_DOTS = 160;

/** Notes and reasons in one list. */
export const MAX_NOTES = 100;

/** An answer, a reason, a name: what is longer is cut. */
export const MAX_SHOWN_TEXT = 1_000;
