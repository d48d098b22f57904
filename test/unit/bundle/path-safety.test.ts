import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BundleFailure } from '../../../src/bundle/error.ts';
import { MAX_ENTRIES } from '../../../src/bundle/limits.ts';
import { assertSafePath, comparePaths, foldName, NameSet } from '../../../src/bundle/path-safety.ts';

const failure = (code: string): unknown => expect.objectContaining({ code });

describe('assertSafePath', () => {
  it.each([
    'a',
    'model/model-q4_0.gguf',
    'model/a b.txt',
    'model/.gitattributes',
    'model/漢字.json',
    'model/con-fig',
    'n'.repeat(255),
  ])('lets %j pass', (path) => {
    assertSafePath(path);
  });

  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../b',
    'a/.',
    'a\\b',
    'C:',
    'C:/a',
    'a:stream',
    'a\0',
    'a\n',
    'a\u001b[2J',
    'a\u0085',
    'a\u202eb',
    'a\u200b',
    'a\u2028',
    'a\ud800',
    'a.',
    'a ',
    'a./b',
    'con',
    'NUL.txt',
    'model/Com1',
    'model/ＮＵＬ',
    'CONIN$',
    'aux .txt',
    '．．/a',
    'a\ufe0f',
    'a\u3164',
    'a\u034fb',
    'a\u2800',
  ])('refuses %j', (path) => {
    expect(() => assertSafePath(path)).toThrow(failure('BUNDLE_NAME_UNSAFE'));
  });

  it('refuses what is too long or too deep, at the limit', () => {
    assertSafePath(`${'a/'.repeat(31)}a`);
    expect(() => assertSafePath(`${'a/'.repeat(32)}a`)).toThrow(failure('BUNDLE_LIMIT'));
    expect(() => assertSafePath('n'.repeat(256))).toThrow(failure('BUNDLE_LIMIT'));
    expect(() => assertSafePath('漢'.repeat(86))).toThrow(failure('BUNDLE_LIMIT'));
    assertSafePath(Array.from({ length: 5 }, () => 'n'.repeat(204)).join('/'));
    expect(() => assertSafePath(Array.from({ length: 5 }, () => 'n'.repeat(205)).join('/'))).toThrow(
      failure('BUNDLE_LIMIT'),
    );
  });

  it('lets nothing pass that a file system would resolve elsewhere', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (path) => {
        try {
          assertSafePath(path);
        } catch (error) {
          expect(error).toBeInstanceOf(BundleFailure);
          return;
        }
        expect(new URL(`file:///top/${encodeURI(path)}`).pathname.startsWith('/top/')).toBe(true);
        expect(path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')).toBe(true);
      }),
    );
  });
});

describe('NameSet', () => {
  const collides = (...paths: readonly string[]): (() => void) => {
    return () => {
      const names = new NameSet();
      for (const path of paths) names.addFile(path);
    };
  };

  it.each([
    ['a', 'a'],
    ['a', 'A'],
    ['ß', 'SS'],
    ['ß', 'ẞ'],
    ['ẞ', 'ss'],
    ['k', '\u212a'],
    ['ﬃ', 'FFI'],
    ['ａ', 'A'],
    ['ς', 'Σ'],
    ['ı', 'I'],
    ['ﬁle', 'file'],
    ['\u00e9', 'e\u0301'],
    ['Å', '\u212b'],
    ['a', 'a/b'],
    ['a/b', 'a'],
    ['a', 'A/b'],
    ['a/b', 'A/c'],
    ['x/a/b', 'x/A'],
  ])('refuses %j beside %j', (first, second) => {
    expect(collides(first, second)).toThrow(failure('BUNDLE_NAME_COLLISION'));
  });

  it('takes names that differ by more, and folders again', () => {
    collides('model/a', 'model/b', 'model/sub/a', 'a')();
    const names = new NameSet();
    names.addFolder('model/sub');
    names.addFolder('model/sub');
    names.addFile('model/sub/a');
    expect(() => names.addFolder('model/sub/A')).toThrow(failure('BUNDLE_NAME_COLLISION'));
    expect(() => names.addFile('model/sub')).toThrow(failure('BUNDLE_NAME_COLLISION'));
  });

  it('does not take a name that folds to a slash for a folder', () => {
    expect(foldName('℀')).toBe('a/c');
    collides('a/c', '℀')();
  });

  it('folds every letter as its capital, its small letter and its other forms', () => {
    for (let point = 0; point < 0x3_0000; point += 1) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const letter = String.fromCodePoint(point);
      const folded = foldName(letter);
      const forms = [letter.toLowerCase(), letter.toUpperCase(), letter.normalize('NFD'), folded];
      if (forms.some((form) => foldName(form) !== folded)) expect.fail(`U+${point.toString(16)}`);
    }
  });

  it('keeps nothing of a name that grows when it is folded', () => {
    collides('ﷺ'.repeat(14))();
    expect(collides('ﷺ'.repeat(15))).toThrow(failure('BUNDLE_LIMIT'));
    expect(collides(`${'ﷺ'.repeat(15)}/a`)).toThrow(failure('BUNDLE_LIMIT'));
  });

  it('has a limit', () => {
    const names = new NameSet();
    expect(() => {
      for (let index = 0; index <= MAX_ENTRIES; index += 1) names.addFile(`f${index}`);
    }).toThrow(failure('BUNDLE_LIMIT'));
  });

  it('judges many long names in little time', () => {
    const names = new NameSet();
    const started = performance.now();
    expect(() => {
      for (let index = 0; ; index += 1) names.addFile(`${`é${index}ﬁ${'x'.repeat(20)}/`.repeat(31)}f`);
    }).toThrow(failure('BUNDLE_LIMIT'));
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('comparePaths', () => {
  it('is the byte order of UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    expect(comparePaths('\uff5e', '😀')).toBeLessThan(0);
  });
});
