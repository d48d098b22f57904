import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareRelease,
  describeDamage,
  touchesContent,
  touchesListed,
  touchesWeights,
  type ExpectedRelease,
  type ReleaseDamage,
} from '../../../src/deploy/compare-release.ts';
import type { ReleaseListing, SeenEntry } from '../../../src/deploy/release-listing.ts';

const [ONE, TWO, OTHER] = ['11', '22', '33'];

const EXPECTED: ExpectedRelease = {
  files: new Map<string, readonly string[] | null>([
    ['SHA256SUMS', [ONE]],
    ['model/a.gguf', [TWO]],
    ['model.env', [ONE, TWO]],
    ['DEPLOYED_AT', null],
  ]),
  links: new Map([['model.gguf', 'model/a.gguf']]),
  others: ['model.sig'],
};

const file = (sha256: string | null, mode = 0o644): SeenEntry => ({
  kind: 'file',
  mode,
  sizeBytes: 7,
  sha256,
});
const folder = (mode = 0o755): SeenEntry => ({ kind: 'folder', mode });

const SOUND: readonly (readonly [string, SeenEntry])[] = [
  ['.', folder()],
  ['SHA256SUMS', file(ONE)],
  ['model', folder()],
  ['model/a.gguf', file(TWO)],
  ['model.env', file(TWO)],
  ['DEPLOYED_AT', file(OTHER)],
  ['model.gguf', { kind: 'link', text: 'model/a.gguf' }],
];

/** The sound listing with some entries changed, and those that are null taken out. */
function listing(changes: Readonly<Record<string, SeenEntry | null>> = {}): ReleaseListing {
  const entries = new Map(SOUND);
  for (const [path, entry] of Object.entries(changes)) {
    if (entry === null) entries.delete(path);
    else entries.set(path, entry);
  }
  return entries;
}

const compare = (changes: Readonly<Record<string, SeenEntry | null>>): string =>
  describeDamage(compareRelease(listing(changes), EXPECTED));

describe('compareRelease', () => {
  it('finds nothing in a release that is as it was deployed, with or without a signature', () => {
    expect(compareRelease(listing(), EXPECTED)).toEqual([]);
    expect(compareRelease(listing({ 'model.sig': file(null) }), EXPECTED)).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, SeenEntry | null>>, string]>([
    ['a digest that differs', { 'model/a.gguf': file(OTHER) }, 'model/a.gguf (changed)'],
    ['a file that is missing', { 'model/a.gguf': null }, 'model/a.gguf (missing)'],
    ['a file that cannot be read', { 'model/a.gguf': file(null) }, 'model/a.gguf (unreadable)'],
    ['a folder for a file', { 'model.env': folder() }, 'model.env (not-a-file)'],
    ['a link for a file', { DEPLOYED_AT: { kind: 'link', text: 'x' } }, 'DEPLOYED_AT (not-a-file)'],
    ['a pipe for a file', { DEPLOYED_AT: { kind: 'special' } }, 'DEPLOYED_AT (not-a-file)'],
    [
      'a link for a folder, once',
      { model: { kind: 'link', text: 'x' }, 'model/a.gguf': null },
      'model (not-a-folder)',
    ],
    ['a link elsewhere', { 'model.gguf': { kind: 'link', text: '/x' } }, 'model.gguf (changed)'],
    ['a file for a link', { 'model.gguf': file(TWO) }, 'model.gguf (changed)'],
    ['a link that is missing', { 'model.gguf': null }, 'model.gguf (missing)'],
    ['a file too many', { 'model/b': file(null) }, 'model/b (extra)'],
    ['a folder too many', { lost: folder() }, 'lost (extra)'],
    ['a right to write for others', { model: folder(0o757) }, 'model (writable-for-all)'],
    [
      'two things about one file',
      { 'model/a.gguf': file(OTHER, 0o666) },
      'model/a.gguf (changed), model/a.gguf (writable-for-all)',
    ],
    [
      'a release that is gone',
      Object.fromEntries(SOUND.map(([path]) => [path, null])),
      '. (missing), SHA256SUMS (missing), model/a.gguf (missing), model.env (missing), DEPLOYED_AT (missing), 1 more',
    ],
  ])('names %s', (_, changes, found) => {
    expect(compare(changes)).toBe(found);
  });

  it('says what was expected and what is there', () => {
    const changes = { 'model/a.gguf': file(OTHER, 0o666), 'model.gguf': folder() };
    expect(compareRelease(listing(changes), EXPECTED)).toEqual([
      { path: 'model/a.gguf', kind: 'changed', expected: 'sha256:22', received: 'sha256:33' },
      { path: 'model.gguf', kind: 'changed', expected: 'a link to model/a.gguf', received: 'a folder' },
      {
        path: 'model/a.gguf',
        kind: 'writable-for-all',
        expected: 'no right to write for others',
        received: 'mode 0666',
      },
    ]);
  });

  it('never overlooks a change of one entry', () => {
    const entries = fc.oneof(
      fc.constant(null),
      fc.constant<SeenEntry>({ kind: 'special' }),
      fc.constant<SeenEntry>({ kind: 'link', text: 'elsewhere' }),
      fc.constant<SeenEntry>(file(OTHER)),
      fc.constant<SeenEntry>(file(TWO, 0o646)),
    );
    const paths = fc.constantFrom('SHA256SUMS', 'model/a.gguf', 'model.env', 'model.gguf', 'model/new');
    fc.assert(
      fc.property(paths, entries, (path, entry) => {
        fc.pre(path !== 'model/new' || entry !== null);
        const found = compareRelease(listing({ [path]: entry }), EXPECTED);
        expect(found.some((one) => one.path === path)).toBe(true);
      }),
    );
  });
});

describe('what a damage touches', () => {
  const found = (path: string, kind: ReleaseDamage['kind']): ReleaseDamage => ({
    path,
    kind,
    expected: null,
    received: null,
  });

  it('is the content wherever a server would get other bytes, or files it should not see', () => {
    expect(touchesContent(found('model.env', 'changed'))).toBe(true);
    expect(touchesContent(found('model/x', 'extra'))).toBe(true);
    expect(touchesContent(found('notes', 'extra'))).toBe(false);
    expect(touchesContent(found('model/a.gguf', 'writable-for-all'))).toBe(false);
  });

  it('is the weights only where their bytes differ, or the list of them', () => {
    expect(touchesWeights(found('model/a.gguf', 'changed'))).toBe(true);
    expect(touchesWeights(found('model', 'not-a-folder'))).toBe(true);
    expect(touchesWeights(found('SHA256SUMS', 'missing'))).toBe(true);
    expect(touchesWeights(found('manifest.json', 'changed'))).toBe(false);
    expect(touchesWeights(found('model/x', 'extra'))).toBe(false);
  });

  it('is what is listed unless it is a name of our own', () => {
    expect(touchesListed(found('manifest.json', 'changed'), ['model.env'])).toBe(true);
    expect(touchesListed(found('model.env', 'changed'), ['model.env'])).toBe(false);
    expect(touchesListed(found('notes', 'extra'), [])).toBe(false);
  });
});
