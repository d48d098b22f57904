/** Whether what lies in a release folder is what was deployed there; every difference, by name. Pure. */
import { escapeText } from '../core/index.ts';
import type { ReleaseListing, SeenEntry } from './release-listing.ts';

/** What a release must hold, and nothing else. */
export interface ExpectedRelease {
  /** Path → the digests that are right (hex); null where only that it is a file is known. */
  readonly files: ReadonlyMap<string, readonly string[] | null>;
  /** Path → what the link says. */
  readonly links: ReadonlyMap<string, string>;
  /** Paths that may be there or not, whatever they hold. */
  readonly others: readonly string[];
}

export const DAMAGE_KINDS = [
  'missing',
  'changed',
  'extra',
  'not-a-file',
  'not-a-folder',
  'unreadable',
  'writable-for-all',
] as const;

/** Something in a release that is not as it was deployed. */
export interface ReleaseDamage {
  /** Below the release; the folder itself is `.`. */
  readonly path: string;
  readonly kind: (typeof DAMAGE_KINDS)[number];
  /** What should be there and what is, as a person reads it; null where the kind says it all. */
  readonly expected: string | null;
  readonly received: string | null;
}

/** Every difference: what is expected in its order, then what is there beside it. */
export function compareRelease(listing: ReleaseListing, expected: ExpectedRelease): readonly ReleaseDamage[] {
  const folders = foldersOf([...expected.files.keys(), ...expected.links.keys()]);
  return [
    ...[...folders].flatMap((path) => compareFolder(path, listing.get(path))),
    ...[...expected.files].flatMap(([path, digests]) =>
      isBelowNoFolder(path, listing) ? [] : compareFile(path, listing.get(path), digests),
    ),
    ...[...expected.links].flatMap(([path, text]) => compareLink(path, listing.get(path), text)),
    ...[...listing].flatMap(([path, entry]) => [
      ...(isExpected(path, expected, folders) ? [] : [damage(path, 'extra', null, nameOf(entry))]),
      ...compareMode(path, entry),
    ]),
  ];
}

/** `model/a.gguf (changed), SHA256SUMS (missing)`: a few of them. */
export function describeDamage(damage: readonly Pick<ReleaseDamage, 'path' | 'kind'>[]): string {
  const shown = damage.slice(0, 5).map(({ path, kind }) => `${escapeText(path)} (${kind})`);
  return [...shown, ...(damage.length > 5 ? [`${damage.length - 5} more`] : [])].join(', ');
}

/** Whether a server that loads the release would get other bytes for it, or cannot be told that it would not. */
export function touchesContent({ path, kind }: ReleaseDamage): boolean {
  if (kind === 'writable-for-all') return false;
  return kind !== 'extra' || path.startsWith('model/');
}

/** Whether the weights themselves are not the ones that were deployed. */
export function touchesWeights({ path, kind }: ReleaseDamage): boolean {
  if (kind === 'extra' || kind === 'writable-for-all') return false;
  return path === '.' || path === 'model' || path.startsWith('model/') || path === 'SHA256SUMS';
}

/** Whether a file that SHA256SUMS lists, or the list itself, is not as it was deployed: `own` are the unlisted names. */
export function touchesListed({ path, kind }: ReleaseDamage, own: readonly string[]): boolean {
  return kind !== 'extra' && kind !== 'writable-for-all' && !own.includes(path);
}

function compareFolder(path: string, entry: SeenEntry | undefined): readonly ReleaseDamage[] {
  if (entry === undefined) return path === '.' ? [damage(path, 'missing')] : [];
  return entry.kind === 'folder' ? [] : [damage(path, 'not-a-folder', 'a folder', nameOf(entry))];
}

function compareFile(
  path: string,
  entry: SeenEntry | undefined,
  digests: readonly string[] | null,
): readonly ReleaseDamage[] {
  const expected = digests === null ? null : `sha256:${digests[0] ?? ''}`;
  if (entry === undefined) return [damage(path, 'missing', expected)];
  if (entry.kind !== 'file') return [damage(path, 'not-a-file', expected ?? 'a file', nameOf(entry))];
  if (entry.sha256 === null) return [damage(path, 'unreadable', expected)];
  if (digests === null || digests.includes(entry.sha256)) return [];
  return [damage(path, 'changed', expected, `sha256:${entry.sha256}`)];
}

function compareLink(path: string, entry: SeenEntry | undefined, text: string): readonly ReleaseDamage[] {
  const expected = `a link to ${text}`;
  if (entry === undefined) return [damage(path, 'missing', expected)];
  if (entry.kind === 'link' && entry.text === text) return [];
  return [damage(path, 'changed', expected, nameOf(entry))];
}

/** Whoever else may write in it can make it anything at any time. */
function compareMode(path: string, entry: SeenEntry): readonly ReleaseDamage[] {
  if ((entry.kind !== 'file' && entry.kind !== 'folder') || (entry.mode & 0o002) === 0) return [];
  const mode = entry.mode.toString(8).padStart(4, '0');
  return [damage(path, 'writable-for-all', 'no right to write for others', `mode ${mode}`)];
}

/** Something else stands where a folder above it should be: that is reported, once. */
function isBelowNoFolder(path: string, listing: ReleaseListing): boolean {
  return [...foldersOf([path])].some((folder) => {
    const entry = listing.get(folder);
    return entry !== undefined && entry.kind !== 'folder';
  });
}

function isExpected(path: string, expected: ExpectedRelease, folders: ReadonlySet<string>): boolean {
  const { files, links, others } = expected;
  return files.has(path) || links.has(path) || folders.has(path) || others.includes(path);
}

/** The folders that must be there: the release itself, and those above its files. */
function foldersOf(paths: readonly string[]): ReadonlySet<string> {
  const folders = new Set(['.']);
  for (const path of paths) {
    const parts = path.split('/');
    for (let count = 1; count < parts.length; count += 1) folders.add(parts.slice(0, count).join('/'));
  }
  return folders;
}

function nameOf(entry: SeenEntry): string {
  switch (entry.kind) {
    case 'file':
      return `a file of ${entry.sizeBytes} bytes`;
    case 'folder':
      return 'a folder';
    case 'link':
      return `a link to ${entry.text}`;
    case 'special':
      return 'a special file';
  }
}

function damage(
  path: string,
  kind: ReleaseDamage['kind'],
  expected: string | null = null,
  received: string | null = null,
): ReleaseDamage {
  return { path, kind, expected, received };
}
