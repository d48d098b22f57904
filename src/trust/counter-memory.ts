/** What a target has taken of each line: every counter, which content it stood for, and by whose word. Pure. */

export interface AcceptedRelease {
  /** Hex SHA-256 of the signed subject: one counter stands for one content, for ever. */
  readonly subjectSha256: string;
  readonly keyId: string;
}

/** Counter → what was taken as that release. */
export type AcceptedLine = ReadonlyMap<number, AcceptedRelease>;

export type AcceptedCounters = ReadonlyMap<string, AcceptedLine>;

export interface NewRelease extends AcceptedRelease {
  readonly line: string;
  readonly counter: number;
}

export const NO_COUNTERS: AcceptedCounters = new Map();

/** With one more. The first content of a counter stays its content. */
export function rememberCounter(
  accepted: AcceptedCounters,
  { line, counter, subjectSha256, keyId }: NewRelease,
): AcceptedCounters {
  const known = accepted.get(line);
  if (known?.has(counter) === true) return accepted;
  return new Map([...accepted, [line, new Map([...(known ?? []), [counter, { subjectSha256, keyId }]])]]);
}

/**
 * What still counts of a line once some keys are no longer believed: whoever stole a key could have used up every counter
 * there is.
 */
export function believedReleases(
  accepted: AcceptedCounters,
  line: string,
  { revoked }: { readonly revoked: ReadonlySet<string> },
): AcceptedLine {
  return new Map([...(accepted.get(line) ?? [])].filter(([, { keyId }]) => !revoked.has(keyId)));
}

/** Null of nothing. */
export function highestCounter(releases: AcceptedLine): number | null {
  let highest: number | null = null;
  for (const counter of releases.keys()) highest = Math.max(counter, highest ?? counter);
  return highest;
}
