/** Caps on what a registry may make us hold, and on how long we insist. */

/** Tens of thousands of entries; beyond it, it is some other file. */
export const MAX_REGISTRY_BYTES = 64 * 1024 * 1024;

/** Each retry means that a writer without a lock won the race; nobody registers models this fast for long. */
export const MAX_EDIT_ATTEMPTS = 20;

/** An edit takes milliseconds: a lock held longer than this is stuck. */
export const MAX_LOCK_WAIT_MS = 30_000;

/** How many entries are compared with a mistyped version, and how much of each. */
export const MAX_VERSIONS_COMPARED = 2000;
export const MAX_COMPARED_LENGTH = 100;
