/** Caps on what this room waits for. */

/** systemctl answers in milliseconds; enabling a timer on a busy small machine takes some seconds. */
export const MAX_SYSTEMCTL_MS = 30_000;
