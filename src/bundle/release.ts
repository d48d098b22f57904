/** `edge.json`'s `release`: line, counter, expires. Read strictly from a bundle, and judged before it is written into one. Pure. */
import { escapeText } from '../core/index.ts';
import { BundleFailure } from './error.ts';
import { countField, objectField, orNull, textField, wrong, type Fields } from './fields.ts';
import { MAX_LINE_BYTES } from './limits.ts';
import type { EdgeRelease } from './file-shapes.ts';

/** The field of that name. Keys beyond the three are kept. Throws `BUNDLE_METADATA_INVALID`. */
export function parseRelease(parent: Fields, key: string): EdgeRelease {
  const fields = objectField(parent, key);
  const line = textField(fields, 'line');
  const lineFault = findLineFault(line);
  if (lineFault !== null) throw wrong(fields, 'line', lineFault);
  const expires = orNull(textField)(fields, 'expires');
  if (expires !== null && !isMoment(expires)) throw wrong(fields, 'expires', MOMENT);
  return { ...fields.value, line, counter: countField(fields, 'counter'), expires };
}

/** What is about to be written. Throws `BUNDLE_RELEASE_INVALID`. */
export function assertRelease({ line, counter, expires }: EdgeRelease): void {
  const lineFault = findLineFault(line);
  if (lineFault !== null) throw invalid('line', lineFault, line);
  if (!Number.isSafeInteger(counter) || counter < 0)
    throw invalid('counter', 'a whole number from 0 to 2^53 - 1', String(counter));
  if (expires !== null && !isMoment(expires)) throw invalid('expires', MOMENT, expires);
}

const MOMENT = 'a moment with its zone, such as 2027-01-31T00:00:00Z';

/** Null where it is one line of visible text within the limit. */
function findLineFault(line: string): string | null {
  const isVisible = line.trim() === line && line !== '' && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(line);
  if (isVisible && new TextEncoder().encode(line).length <= MAX_LINE_BYTES) return null;
  return `a name of at most ${MAX_LINE_BYTES} bytes without control characters`;
}

/** RFC 3339, and a day that exists. */
function isMoment(text: string): boolean {
  const [, day] =
    /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/.exec(text) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(text))) return false;
  // JavaScript takes the 30th of February for the 1st or 2nd of March.
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function invalid(what: string, expected: string, received: string): BundleFailure {
  return new BundleFailure(
    'BUNDLE_RELEASE_INVALID',
    `The ${what} of the release cannot be written into a bundle.`,
    {
      details: { expected, received: escapeText(received, 120) },
    },
  );
}
