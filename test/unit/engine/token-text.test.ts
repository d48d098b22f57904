import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenText } from '../../../src/engine/token-text.ts';

/** Every token is a byte: the hardest case for characters. */
const ofBytes = (tokens: readonly number[]): string => Buffer.from(tokens).toString('utf8');

const bytesOf = (text: string): number[] => [...Buffer.from(text)];

function pieces(tokens: readonly number[], detokenize = ofBytes, before: readonly number[] = []): string[] {
  const text = tokenText(detokenize, { before });
  return [...tokens.map((token) => text.push(token)), text.end()];
}

describe('tokenText', () => {
  it('gives out whole characters only', () => {
    expect(pieces(bytesOf('aé😀'))).toEqual(['a', '', 'é', '', '', '', '😀', '']);
  });

  it('gives out the same text as all tokens together, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 60 }), (tokens) => {
        const text = pieces(tokens).join('');
        // How many marks stand for bytes that are no characters may differ; what can be read may not.
        expect(text.replaceAll('\uFFFD', '')).toBe(ofBytes(tokens).replaceAll('\uFFFD', ''));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(pieces(bytesOf(text)).join('')).toBe(text);
      }),
    );
  });

  it('does not hold an answer back for ever that is no text', () => {
    expect(pieces(Array<number>(40).fill(0x80)).filter((text) => text !== '').length).toBeGreaterThan(1);
  });

  it('keeps the space that a text may not begin with but an answer may', () => {
    const words = ['hello', ' world'];
    const detokenize = (tokens: readonly number[]): string =>
      tokens
        .map((token) => words[token] ?? '')
        .join('')
        .replace(/^ /, '');
    expect(pieces([1], detokenize, [0])).toEqual([' world', '']);
    expect(pieces([1], detokenize)).toEqual(['world', '']);
  });
});
