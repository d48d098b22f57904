/**
 * Which names may leave an archive, and which sets of names. Pure. A name that passes stays below the folder it is
 * written into, on every system, and no two of a set can be taken for each other.
 */
import { escapeText } from '../core/index.ts';
import { BundleFailure } from './error.ts';
import { MAX_ENTRIES, MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_PATH_DEPTH } from './limits.ts';

/** Throws `BUNDLE_NAME_UNSAFE` or `BUNDLE_LIMIT` unless the path is relative, plain and within the limits. */
export function assertSafePath(path: string): void {
  if (utf8Length(path) > MAX_PATH_BYTES)
    throw limit(path, `at most ${MAX_PATH_BYTES} bytes`, utf8Length(path));
  const segments = path.split('/');
  if (segments.length > MAX_PATH_DEPTH)
    throw limit(path, `at most ${MAX_PATH_DEPTH} levels`, segments.length);
  for (const segment of segments) {
    const reason = findReason(segment);
    if (reason !== null) throw unsafe(path, reason);
    if (utf8Length(segment) > MAX_NAME_BYTES) {
      throw limit(path, `names of at most ${MAX_NAME_BYTES} bytes`, utf8Length(segment));
    }
  }
}

/** What a name looks like to a file system that minds neither case nor Unicode form (ligatures included). */
export function foldName(name: string): string {
  // Down, up and down again: only the small ß becomes SS, so the capital one has to be made small first.
  return name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}

/** By code point: the byte order of UTF-8, which is what Python's `sorted` and `LC_ALL=C sort` give. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  // Code units up to the first that differs: ten thousand long paths are compared some hundred thousand times.
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at === length) return a.length - b.length;
  return sortKey(a.charCodeAt(at)) - sortKey(b.charCodeAt(at));
}

/** UTF-16 puts surrogates, which stand for what comes last, before U+E000 to U+FFFF. */
function sortKey(codeUnit: number): number {
  return codeUnit >= 0xd800 && codeUnit < 0xe000 ? codeUnit + 0x1_0000 : codeUnit;
}

/** Names as they come: each safe, none twice, none that another file system would take for one before. */
export class NameSet {
  readonly #files = new Map<string, string>();
  readonly #folders = new Map<string, string>();

  /** Throws `BUNDLE_NAME_UNSAFE`, `BUNDLE_NAME_COLLISION`, `BUNDLE_LIMIT`. */
  addFile(path: string): void {
    assertSafePath(path);
    const segments = path.split('/');
    const folded = this.#addFolders(segments.slice(0, -1)) + boundedFold(path, segments.at(-1) ?? '');
    const other = this.#files.get(folded) ?? this.#folders.get(folded);
    if (other !== undefined) throw collision(path, other);
    this.#files.set(folded, path);
    this.#assertCount();
  }

  /** A folder may be named again; it may not be spelled another way. */
  addFolder(path: string): void {
    assertSafePath(path);
    this.#addFolders(path.split('/'));
    this.#assertCount();
  }

  /** The folded path of the innermost folder, with the separator that follows it. */
  #addFolders(segments: readonly string[]): string {
    let path = '';
    // NUL is in no name, while folding may bring out a slash (U+2100 becomes a/c).
    let folded = '';
    for (const segment of segments) {
      path += path === '' ? segment : `/${segment}`;
      const key = folded + boundedFold(path, segment);
      const other = this.#files.get(key) ?? this.#folders.get(key) ?? path;
      if (this.#files.has(key) || other !== path) throw collision(path, other);
      this.#folders.set(key, path);
      folded = `${key}\0`;
    }
    return folded;
  }

  #assertCount(): void {
    if (this.#files.size + this.#folders.size <= MAX_ENTRIES) return;
    throw new BundleFailure('BUNDLE_LIMIT', 'The bundle has more files and folders than any real one.', {
      details: { expected: `at most ${MAX_ENTRIES}`, received: 'more' },
    });
  }
}

/** One letter may fold to eighteen (U+FDFA): a name that no file system would hold folded is refused before it is kept. */
function boundedFold(path: string, segment: string): string {
  const folded = foldName(segment);
  if (folded.length <= MAX_NAME_BYTES) return folded;
  throw limit(path, `names of at most ${MAX_NAME_BYTES} characters in any Unicode form`, folded.length);
}

// Control, format (bidi, zero-width), line-separator and lone-surrogate characters, fillers and selectors that are drawn as
// nothing: they hide what a name is.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/u;
// Names that Windows gives to devices, with any extension, spaces before it included.
const DEVICE = /^(?:con|conin\$|conout\$|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]) *(?:\.|$)/i;

function findReason(segment: string): string | null {
  if (segment === '') return 'it is absolute, or has an empty part';
  const plain = segment.normalize('NFKC');
  // Dots of another width too: programs that turn names into another character set make them plain.
  if (plain === '.' || plain === '..') return `it has a part "${segment}"`;
  if (segment.includes('\\')) return 'it has a backslash, which separates folders on Windows';
  if (segment.includes(':')) return 'it has a colon, which names drives and streams on Windows';
  if (HIDDEN.test(segment)) return 'it has a control or invisible character';
  if (/[. ]$/.test(segment)) return 'a part ends in a dot or a space, which Windows drops';
  if (DEVICE.test(segment) || DEVICE.test(plain)) return `"${segment}" is a device on Windows`;
  return null;
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

function unsafe(path: string, reason: string): BundleFailure {
  return new BundleFailure(
    'BUNDLE_NAME_UNSAFE',
    `"${escapeText(path)}" is no safe name: ${escapeText(reason)}.`,
    {
      details: {
        path: escapeText(path),
        expected: 'a plain path below the top folder',
        received: escapeText(reason),
      },
    },
  );
}

function collision(path: string, other: string): BundleFailure {
  const message =
    path === other
      ? `"${escapeText(path)}" comes twice.`
      : `"${escapeText(path)}" and "${escapeText(other)}" cannot lie side by side on every file system.`;
  return new BundleFailure('BUNDLE_NAME_COLLISION', message, {
    details: {
      expected: 'names that differ by more than case or form',
      received: escapeText(path),
      other: escapeText(other),
    },
  });
}

function limit(path: string, expected: string, received: number): BundleFailure {
  return new BundleFailure(
    'BUNDLE_LIMIT',
    `"${escapeText(path, 80)}" is longer or deeper than any real name.`,
    {
      details: { expected, received },
    },
  );
}
