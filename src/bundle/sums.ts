/** SHA256SUMS: `<hex>␠␠<path>` per line, what `sha256sum -c` reads. Pure. */
import { decodeUtf8, escapeText } from '../core/index.ts';
import { BundleFailure } from './error.ts';
import { MAX_ENTRIES } from './limits.ts';
import { comparePaths } from './path-safety.ts';

export type DigestList = ReadonlyMap<string, string>;

/** Sorted by path, one newline at the end of each line. */
export function formatSums(digests: Iterable<readonly [path: string, sha256: string]>): string {
  return [...digests]
    .toSorted(([a], [b]) => comparePaths(a, b))
    .map(([path, sha256]) => `${sha256}  ${path}\n`)
    .join('');
}

/** Reads the list of either tool: text or binary marks, any order, none twice. Throws `BUNDLE_SUMS_INVALID`. */
export function parseSums(bytes: Uint8Array): DigestList {
  const text = decode(bytes);
  const sums = new Map<string, string>();
  // A line at a time: a text of newlines, split at once, would become as many strings.
  for (let at = 0, number = 1; at < text.length; number += 1) {
    if (number > MAX_ENTRIES) throw invalid('more lines than a bundle has files', number);
    const newline = text.indexOf('\n', at);
    const line = text.slice(at, newline === -1 ? text.length : newline);
    const [, sha256 = '', path = ''] =
      /^([0-9a-f]{64}) [ *]([^\r\n]+)$/.exec(line) ?? invalidLine(number, line);
    if (sums.has(path)) throw invalid(`"${escapeText(path)}" listed twice`, number);
    sums.set(path, sha256);
    at += line.length + 1;
  }
  return sums;
}

/** The lines of the files under `model/`: the text whose digest stands for an artifact of several files. */
export function formatModelSums(digests: Iterable<readonly [path: string, sha256: string]>): string {
  return formatSums([...digests].filter(([path]) => isModelPath(path)));
}

export function isModelPath(path: string): boolean {
  return path.startsWith('model/');
}

function decode(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes, 'SHA256SUMS');
  } catch (cause) {
    throw new BundleFailure('BUNDLE_SUMS_INVALID', 'SHA256SUMS is not UTF-8 text.', { cause });
  }
}

function invalidLine(number: number, line: string): never {
  throw invalid(`"${escapeText(line, 120)}"`, number);
}

function invalid(received: string, line: number): BundleFailure {
  return new BundleFailure('BUNDLE_SUMS_INVALID', `SHA256SUMS is malformed at line ${line}.`, {
    details: { line, expected: '64 lower-case hex digits, two spaces, a path', received },
  });
}
