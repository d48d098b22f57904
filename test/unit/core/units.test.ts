import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText, formatBytes, formatDuration, quoteWord } from '../../../src/core/units.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.00 kB'],
    [9_990, '9.99 kB'],
    [9_999, '10.0 kB'],
    [65_536, '65.5 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.00 MB'],
    [4_445_300_000, '4.45 GB'],
    [Number.MAX_SAFE_INTEGER, '9.01 PB'],
  ])('shows %d as %s', (sizeBytes, text) => {
    expect(formatBytes(sizeBytes)).toBe(text);
  });

  it('never shows a thousand of a unit that has a larger one', () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), (sizeBytes) => {
        expect(Number.parseFloat(formatBytes(sizeBytes))).toBeLessThan(1000);
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [999.4, '999 ms'],
    [999.5, '1.0 s'],
    [12_340, '12.3 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min 0 s'],
    [119_600, '2 min 0 s'],
    [200_000, '3 min 20 s'],
    [3_599_600, '1 h 0 min'],
    [7_500_000, '2 h 5 min'],
    [7_199_000, '2 h 0 min'],
  ])('shows %d as %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

describe('escapeText', () => {
  it('leaves what people write alone', () => {
    expect(escapeText('Modèle 模型 🌱 ~/a b.gguf')).toBe('Modèle 模型 🌱 ~/a b.gguf');
  });

  it.each([
    ['a terminal escape', '\u001b[2J', '\\x1b[2J'],
    ['a line break', 'a\nb', 'a\\x0ab'],
    ['NUL', 'a\0b', 'a\\x00b'],
    ['a change of direction', 'gpj\u202efugg', 'gpj\\u{202e}fugg'],
    ['a space without width', 'a\u200bb', 'a\\u{200b}b'],
    ['half a surrogate pair', '\ud83d', '\\u{d83d}'],
    ['a line separator', '\u2028', '\\u{2028}'],
  ])('makes %s visible', (_, text, shown) => {
    expect(escapeText(text)).toBe(shown);
  });

  it('shortens a long name', () => {
    expect(escapeText('x'.repeat(1000), 5)).toBe('xxxxx…');
  });

  it('gives one printable line for any text', () => {
    const point = fc.oneof(fc.nat(0x10ffff), fc.nat(0xff), fc.integer({ min: 0x2000, max: 0x206f }));
    fc.assert(
      fc.property(
        fc.array(point).map((points) => String.fromCodePoint(...points)),
        (text) => {
          expect(escapeText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
        },
      ),
    );
  });
});

describe('quoteWord', () => {
  it.each([
    ['/srv/llm/v1.2+3', '/srv/llm/v1.2+3'],
    ['/srv/my models', "'/srv/my models'"],
    ["it's", "'it'\\''s'"],
    ['$(rm)', "'$(rm)'"],
    ['', "''"],
  ])('writes %j as %s', (text, word) => {
    expect(quoteWord(text)).toBe(word);
  });
});
