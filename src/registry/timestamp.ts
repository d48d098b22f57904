/** Orders the times of entries to the microsecond that Python writes. Pure. */

const ISO_TIME = /^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:?\d{2})?$/;

/** Nanoseconds since 1970; null where the text is no ISO 8601 time. Without a zone it is UTC. */
export function parseTimestampNs(text: string): bigint | null {
  const match = ISO_TIME.exec(text);
  if (match === null) return null;
  const [, seconds = '', fraction = '', zone = 'Z'] = match;
  const milliseconds = Date.parse(seconds + zone);
  if (Number.isNaN(milliseconds)) return null;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
