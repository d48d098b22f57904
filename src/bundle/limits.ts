/** Caps on what an archive may make us hold, read or create; each far above what a real bundle needs. */

/**
 * All metadata of a bundle together: those of 2,000 files with ordinary names are about 1 MB. They are held several times
 * over (as bytes, texts, trees, and once more where the region is derived), which has to stay far below 200 MB.
 */
export const MAX_METADATA_BYTES = 4 * 1024 * 1024;

/** Values in one JSON file of the metadata: `edge.json` has three for each of 2,000 files; each takes some 200 bytes. */
export const MAX_METADATA_VALUES = 16_000;

/**
 * Files and folders of one archive: the largest published models are a few hundred files. Each is created and fsynced before
 * the last digest is known, at about a millisecond of work for an archive of a few bytes.
 */
export const MAX_ENTRIES = 2000;

/** A path below the top folder, in UTF-8 bytes: with the top folder it stays far below PATH_MAX (4096). */
export const MAX_PATH_BYTES = 1024;

/** One name: NAME_MAX of every common file system. */
export const MAX_NAME_BYTES = 255;

/** Folders within folders: deeper than any model repository, far below what a recursive remover can bear. */
export const MAX_PATH_DEPTH = 32;

/** One file: 16 TiB, the largest of ext4, and far inside the numbers that JavaScript counts exactly. */
export const MAX_FILE_BYTES = 2 ** 44;

/** The records of one PAX header: a path, a size and a few times. */
export const MAX_PAX_BYTES = 16 * 1024;

/** The optional name in a gzip header (RFC 1952 §2.3.1, FNAME). */
export const MAX_GZIP_NAME_BYTES = 1024;

/** Deflate can reach 1032:1; weights reach 1.1:1, and even a file of mostly zeros is not a hundredfold bundle. */
export const MAX_INFLATION_RATIO = 100;

/** So much may come out of any archive before its ratio is looked at: small JSON files compress well. */
export const FREE_INFLATION_BYTES = 16 * 1024 * 1024;

/**
 * Python's tarfile writes two end blocks and then fills up the last record of 20 blocks: where one block was left in a
 * record, that is two blocks and 19 more; not a block more.
 */
export const MAX_TAR_END_BYTES = 21 * 512;

/** What `list` reads of a bundle without an index at its start (those of the Python tool), after inflation. */
export const MAX_LIST_BYTES = 256 * 1024;

/** How many bundles `list` reads at a time: as many as Node has threads for files. */
export const MAX_OPEN_BUNDLES = 4;

/** The largest second that a ustar header can say: eleven octal digits, the year 2242. */
export const MAX_TAR_SECONDS = 8 ** 11 - 1;

/** Chat templates or unsafe files that `edge.json` may list: an artifact may have at most 64 templates, and a directory tens of files. */
export const MAX_EDGE_ITEMS = 1_000;

/** The line of a release in UTF-8: the name of a base model with its owner has some 60, and a path in a bundle holds no longer name. */
export const MAX_LINE_BYTES = 255;
