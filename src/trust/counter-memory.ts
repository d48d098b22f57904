/** What a target has taken of each line: the highest counter, and which content each counter stood for. Pure. */

export interface AcceptedLine {
  readonly highest: number;
  /** Counter → hex SHA-256 of the signed subject: one counter stands for one content, for ever. */
  readonly subjects: ReadonlyMap<number, string>;
}

export type AcceptedCounters = ReadonlyMap<string, AcceptedLine>;

export interface AcceptedCounter {
  readonly line: string;
  readonly counter: number;
  readonly subjectSha256: string;
}

export const NO_COUNTERS: AcceptedCounters = new Map();

/** With one more. The first content of a counter stays its content; the highest never goes down. */
export function rememberCounter(
  accepted: AcceptedCounters,
  { line, counter, subjectSha256 }: AcceptedCounter,
): AcceptedCounters {
  const known = accepted.get(line);
  const subjects = new Map(known?.subjects);
  if (!subjects.has(counter)) subjects.set(counter, subjectSha256);
  const highest = Math.max(counter, known?.highest ?? counter);
  return new Map([...accepted, [line, { highest, subjects }]]);
}
