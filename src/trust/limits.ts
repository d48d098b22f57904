/** Caps on what a key or a signature may make us hold; each far above what a real one needs. */

/** One key in PEM: that of P-521 takes about 400 bytes, an encrypted one with generous parameters under 1 kB. */
export const MAX_KEY_BYTES = 16 * 1024;

/** An envelope: 2,000 files (the most of a bundle) with ordinary names take about 500 kB; all metadata of a bundle is 4 MiB. */
export const MAX_ENVELOPE_BYTES = 2 * 1024 * 1024;

/** The files of a statement: those of a bundle (2,000), and the metadata beside them. */
export const MAX_RESOURCES = 2_100;

/** JSON values in an envelope or a statement: four for each file, and some around them. */
export const MAX_SIGNATURE_VALUES = 16_000;

/** Levels in an envelope or a statement: the deepest is a digest in a resource, at 5. */
export const MAX_SIGNATURE_DEPTH = 12;

/** One name, in UTF-8 bytes: as long as a path in a bundle may be. */
export const MAX_RESOURCE_NAME_BYTES = 1024;

/** Keys that one signature is tried against where it does not say which made it: each costs about a millisecond. */
export const MAX_TRUSTED_KEYS = 64;

/** Keys that are listed: each is read. A person has a handful. */
export const MAX_STORED_KEYS = 1_000;

/** A policy: 64 keys with all they can say are about 60 kB. */
export const MAX_POLICY_BYTES = 256 * 1024;

/** JSON values in a policy: nine for each key, one for each line of it. */
export const MAX_POLICY_VALUES = 10_000;

/** Lines of a key, or architectures: a device takes a few. */
export const MAX_POLICY_ITEMS = 100;

/** Names and reasons in a policy: a sentence or two. */
export const MAX_POLICY_TEXT_LENGTH = 400;

/** The name of a line: as long as a bundle may state it. */
export const MAX_LINE_LENGTH = 255;
