import { describe, expect, it } from 'vitest';
import { checkStrings } from '../../../src/quantize/check-strings.ts';
import { HARD_STRINGS } from '../../../src/quantize/hard-strings.ts';

const tokenizer = {
  added_tokens: [
    { id: 3, content: '<|a|>', special: true },
    { id: 4, content: '<tool>', special: false },
    { id: 5, content: 'x'.repeat(1e6), special: true },
    { id: 6, content: '', special: true },
    { id: 7 },
    'no token',
  ],
  model: { vocab: { Ġthe: 0, 'Ã©': 1, Ã: 2, 'no letter of a byte: ▁': 8, ['y'.repeat(1e6)]: 9 } },
};

describe('checkStrings', () => {
  it('has the hard strings, texts of the vocabulary and special tokens inside text', () => {
    const { withSpecial } = checkStrings(tokenizer);
    expect(withSpecial.slice(0, HARD_STRINGS.length)).toEqual(HARD_STRINGS);
    expect(withSpecial.slice(HARD_STRINGS.length, -2)).toEqual([' thex the', 'éxé']);
    expect(withSpecial.at(-2)).toContain('a<|a|>b <|a|> c');
    expect(withSpecial.at(-1)).toContain('a<tool>b');
  });

  it('has no token as text that is always read as one', () => {
    const { asText } = checkStrings(tokenizer);
    expect(asText.at(-1)).toContain('a<|a|>b');
    expect(asText.some((text) => text.includes('<tool>'))).toBe(false);
  });

  it('takes the texts of SentencePiece as they are, with spaces', () => {
    const model = { byte_fallback: true, vocab: { '▁été': 0 } };
    expect(checkStrings({ model }).withSpecial.at(-1)).toBe(' étéx été');
  });

  it('stays small for a vocabulary of any size', () => {
    const vocab = Object.fromEntries(Array.from({ length: 50_000 }, (_, id) => [`t${id}`, id]));
    const added = Array.from({ length: 50_000 }, (_, id) => ({ id, content: `<${id}>`, special: false }));
    const { withSpecial, asText } = checkStrings({ model: { vocab }, added_tokens: added });
    expect(withSpecial.length).toBeLessThan(5000);
    expect(asText).toEqual([]);
  });

  it('answers for files that hold something else', () => {
    for (const odd of [{}, { added_tokens: 7, model: 7 }, { model: { vocab: [] } }]) {
      expect(checkStrings(odd).withSpecial).toEqual(HARD_STRINGS);
    }
  });
});

describe('HARD_STRINGS', () => {
  it.each([
    ['nothing', /^$/],
    ['marks that combine', /\p{M}/u],
    ['joined emoji', /\u200d/],
    ['Han', /\p{Script=Han}/u],
    ['Hangul', /\p{Script=Hangul}/u],
    ['Arabic', /\p{Script=Arabic}/u],
    ['Hebrew', /\p{Script=Hebrew}/u],
    ['Thai', /\p{Script=Thai}/u],
    ['digits of other scripts', /[^\p{ASCII}]\p{Nd}/u],
    ['planes behind the first', /[\u{20000}-\u{10ffff}]/u],
    ['private use', /\p{Co}/u],
    ['control characters', /\p{Cc}\[0m/u],
    ['white space that is no space', /\u00a0.*\u3000/],
    ['lines of both kinds', /\r\n/],
    ['contractions', /we've/],
    ['contractions in capitals', /WE'VE/],
    ['long runs', / {300}/],
    ['special tokens', /<\|im_start\|>/],
    ['the signs that stand for spaces', /▁.*Ġ/],
  ])('hold %s', (_what, pattern) => {
    expect(HARD_STRINGS.some((text) => pattern.test(text))).toBe(true);
  });

  it('hold none twice, and nothing that two engines take for white space or not', () => {
    expect(new Set(HARD_STRINGS).size).toBe(HARD_STRINGS.length);
    expect(HARD_STRINGS.filter((text) => /[\ufeff\u0085]/.test(text))).toEqual([]);
  });
});
