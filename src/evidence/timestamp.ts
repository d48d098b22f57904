/** Times in run files: ISO 8601, of which Python writes microseconds and, in old files, no zone. Pure. */

const ISO_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?$/;

/** Null where the text is no time. Without a zone it is UTC, as everywhere in these files, and not local time. */
export function parseTimestamp(text: string): Date | null {
  const match = ISO_TIME.exec(text);
  if (match === null) return null;
  const date = new Date(match[1] === undefined ? `${text}Z` : text);
  return Number.isNaN(date.getTime()) ? null : date;
}
