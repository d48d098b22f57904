import { describe, expect, it } from 'vitest';
import { tokenizeTag } from '../../../src/template/tokens.ts';

const values = (source: string) => tokenizeTag(source, 0, '}}').tokens.map(({ value }) => value);

describe('tokenizeTag', () => {
  it('knows names, texts, numbers and operators', () => {
    expect(tokenizeTag("a ~ 'b' == 1_0 }}", 0, '}}').tokens.map(({ kind, value }) => [kind, value])).toEqual([
      ['name', 'a'],
      ['operator', '~'],
      ['text', 'b'],
      ['operator', '=='],
      ['number', '1_0'],
    ]);
  });

  it('ends at the delimiter that is in no text and in no bracket', () => {
    const source = "{'}}': {'a': {}}} }} rest }}";
    const { end, isClosed } = tokenizeTag(source, 0, '}}');
    expect(isClosed).toBe(true);
    expect(source.slice(end)).toBe(' rest }}');
  });

  it('leaves the sign that takes blanks away out of the tokens', () => {
    expect(values('a -}}')).toEqual(['a']);
    expect(values('a - b }}')).toEqual(['a', '-', 'b']);
  });

  it.each([
    ["'\\x5f'", '_', true],
    ["'\\u0061'", 'a', true],
    ["'\\U00000061'", 'a', true],
    ["'\\141'", 'a', true],
    ["'\\N{LATIN SMALL LETTER A}'", 'a', true],
    ["'\\n\\t\\\\'", '\n\t\\', false],
    ["'\\u2581'", '\u2581', false],
    ["'plain'", 'plain', false],
  ])('decodes %s, and says whether plain letters are written as escapes', (source, value, isDisguised) => {
    expect(tokenizeTag(`${source}}}`, 0, '}}').tokens).toEqual([
      { kind: 'text', value, offset: 0, isDisguised },
    ]);
  });

  it('gives the rest to a text that does not end', () => {
    const { tokens, isClosed, end } = tokenizeTag("a 'b }} c", 0, '}}');
    expect(tokens.map(({ value }) => value)).toEqual(['a', 'b }} c']);
    expect({ isClosed, end }).toEqual({ isClosed: false, end: 9 });
  });
});
