/** The grid that tensor data lie on (specification, `general.alignment`). */

/** Where the file does not say. */
export const DEFAULT_ALIGNMENT = 32;

/** Rounds up to a multiple of the alignment; exact below 2^53. */
export function padded(sizeBytes: number, alignment: number): number {
  return Math.ceil(sizeBytes / alignment) * alignment;
}
