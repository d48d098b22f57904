import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/index.ts';
import { parseSentencePiece } from '../../../src/hf/sentencepiece-model.ts';
import { CONTROL, NORMAL, sentencePieceModel, USER_DEFINED } from '../../fakes/sentencepiece-tokenizer.ts';

const PIECES = [
  { text: '<s>', score: 0, type: CONTROL },
  { text: '▁été', score: -1.5, type: NORMAL },
  { text: '\ufeff', score: -2, type: USER_DEFINED },
];

describe('parseSentencePiece', () => {
  it('reads pieces with their scores and types', () => {
    expect(parseSentencePiece(sentencePieceModel(PIECES), 'tokenizer.model')).toEqual({
      pieces: [
        { text: '<s>', score: 0, type: 'control' },
        { text: '▁été', score: -1.5, type: 'normal' },
        { text: '\ufeff', score: -2, type: 'user-defined' },
      ],
      kind: 'bpe',
      fallsBackToBytes: true,
      hasSpaceAsSuffix: false,
      changesText: false,
      addsSpacePrefix: true,
      removesExtraSpaces: false,
      escapesSpaces: true,
    });
  });

  it('takes the standards of the schema for what is not written', () => {
    const onlyPieces = Buffer.from([0x0a, 3, 0x0a, 1, 0x61]);
    expect(parseSentencePiece(onlyPieces, 'x')).toEqual({
      pieces: [{ text: 'a', score: 0, type: 'normal' }],
      kind: 'unigram',
      fallsBackToBytes: false,
      hasSpaceAsSuffix: false,
      changesText: false,
      addsSpacePrefix: true,
      removesExtraSpaces: true,
      escapesSpaces: true,
    });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['no pieces', sentencePieceModel([])],
    ['one cut off', sentencePieceModel(PIECES).subarray(0, -1)],
    ['a piece without text', sentencePieceModel([{ text: '', score: 0, type: NORMAL }])],
    ['a piece of no known type', sentencePieceModel([{ text: 'a', score: 0, type: 7 }])],
    ['a score that is no number', sentencePieceModel([{ text: 'a', score: Number.NaN, type: NORMAL }])],
    ['a kind that nobody knows', sentencePieceModel(PIECES, { kind: 9 })],
    ['a score cut off', Buffer.from([0x0a, 6, 0x0a, 1, 0x61, 0x15, 0, 0])],
    ['text that is none', Buffer.from([0x0a, 3, 0x0a, 1, 0xff])],
  ])('refuses %s', (_what, bytes) => {
    expect(() => parseSentencePiece(bytes, 'tokenizer.model')).toThrowError(
      expect.objectContaining({ code: 'HF_TOKENIZER_INVALID' }),
    );
  });

  it('parses any bytes or throws a failure', () => {
    const sound = sentencePieceModel(PIECES);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.nat(sound.length - 1), fc.nat(255)).map(([at, value]) => {
        const copy = Buffer.from(sound);
        copy[at] = value;
        return copy;
      }),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          expect(parseSentencePiece(input, 'x').pieces.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});
