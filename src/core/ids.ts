/** Names that carry a version and a moment: they are part of the file formats, so they are made in one place. */
import { CoreFailure } from './error.ts';
import { escapeText } from './units.ts';

/** Formats page, "Version strings". */
export const VERSION_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/;

/** The pattern in words. */
const VERSION_RULE = '1 to 100 letters, digits and . _ + -, starting with a letter or digit';

/** A text that is no version may be a pasted file: enough of it to recognise. */
const MAX_SHOWN_LENGTH = 60;

export function isVersion(text: string): boolean {
  return VERSION_PATTERN.test(text);
}

/** Throws `CORE_VERSION_INVALID`. */
export function assertVersion(text: string): void {
  if (isVersion(text)) return;
  const shown = escapeText(text, MAX_SHOWN_LENGTH);
  throw new CoreFailure('CORE_VERSION_INVALID', `"${shown}" cannot be used as a version.`, {
    details: {
      expected: VERSION_RULE,
      received: text.length > MAX_SHOWN_LENGTH ? `${shown} (${text.length} characters)` : shown,
      pattern: VERSION_PATTERN.source,
    },
  });
}

/** `YYYYMMDD_HHMMSS`, UTC. */
export function toStamp(date: Date): string {
  return date.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
}

/** ISO 8601 with a zone in the form that every Python reads: `2026-01-11T20:28:01.120+00:00`. */
export function toTimestamp(date: Date): string {
  return date.toISOString().replace('Z', '+00:00');
}

/** `<kind>_<version>_<YYYYMMDD_HHMMSS>_<mmm>`. */
export function toDeploymentId(kind: 'deploy' | 'rollback' | 'dryrun', version: string, date: Date): string {
  return `${kind}_${version}_${toStamp(date)}_${String(date.getUTCMilliseconds()).padStart(3, '0')}`;
}

/** Compares versions the way people count: `v1.9` before `v1.10`; equal numbers fall back to code units. */
export function compareVersions(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const order = compareRuns(left[index] ?? '', right[index] ?? '');
    if (order !== 0) return order;
  }
  return left.length - right.length || compareCodeUnits(a, b);
}

/** Byte order of ASCII names: the order of SHA256SUMS and of archive members. */
export function compareCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareRuns(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareCodeUnits(a, b);
  const left = BigInt(a);
  const right = BigInt(b);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
