/** Caps on what a hostile template may make us do, and sizes that no ordinary one reaches. */

/** The longest template known, with tools, documents and comments, has some 40,000 characters. */
export const MAX_TEMPLATE_CHARACTERS = 256 * 1024;

/** What lies behind is not looked at, and that is a finding: a header may hold 64 MB of template. */
export const MAX_SCANNED_CHARACTERS = 512 * 1024;

/** Of all models known, the one with the most names has four. */
export const MAX_TEMPLATES = 64;

/** What is scanned of all templates of a model together: together they must not take longer than a few large ones. */
export const MAX_ALL_SCANNED_CHARACTERS = 4 * MAX_SCANNED_CHARACTERS;

/** The name of a template is shown to people; it comes from the file. */
export const MAX_TEMPLATE_NAME = 200;

/** Brackets in brackets of one tag; real ones have five. Bounds the recursion of everything that walks expressions. */
export const MAX_EXPRESSION_DEPTH = 32;

/** Members, calls and filters one behind the other, as in `a.b[0].c()|trim`; real ones have six. */
export const MAX_CHAIN = 32;

/** Items of one list, arguments of one call, links of one chain of operators; real ones have some dozens. */
export const MAX_ITEMS = 2_000;

/** Names that one assignment gives values to; real ones have two. */
export const MAX_TARGETS = 8;

/** Blocks in blocks; real ones have about ten. */
export const MAX_BLOCK_DEPTH = 64;

/** The longest text that is put together from constants: names and words are short. */
export const MAX_FOLDED_CHARACTERS = 2_000;

/** Values within values that are followed to put one together: hostile assignments refer to each other. */
export const MAX_FOLD_DEPTH = 200;

/** Values that are looked through, in the whole template, for the constants in what is compared. */
export const MAX_FOLD_STEPS = 200_000;

/** Counts and repetitions: a conversation has thousands of messages at most. */
export const MAX_REPETITIONS = 1_000_000;

/** Blanks in a row: indentation stays far below, and text behind more is out of sight in an editor. */
export const MAX_BLANKS = 256;

/** Findings of one class that are kept; a hostile template must not flood the report. */
export const MAX_FINDINGS_OF_CLASS = 20;

/** Characters of a construct in a report. */
export const MAX_CONSTRUCT = 100;

/** Words in a row that make text an instruction rather than a label or a token. */
export const PROSE_WORDS = 6;
