import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSentencePiece } from '../../../src/hf/sentencepiece.ts';
import { sentencePieceBytes } from '../../fakes/hf-samples.ts';

describe('isSentencePiece', () => {
  it('knows any model by its pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { minLength: 1, maxLength: 20 }),
        (pieces) => {
          expect(isSentencePiece(sentencePieceBytes(pieces))).toBe(true);
        },
      ),
    );
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a model without pieces', sentencePieceBytes([])],
    ['one cut off', sentencePieceBytes().subarray(0, -1)],
    ['one with a byte behind it', Buffer.concat([sentencePieceBytes(), Buffer.from([0x0a])])],
    [
      'one with a field that the schema lacks',
      sentencePieceBytes(['a'], { extra: Buffer.from([0x32, 1, 0]) }),
    ],
    ['one with an extension', sentencePieceBytes(['a'], { extra: Buffer.from([0xc2, 0x0c, 1, 0]) })],
    [
      'one with a number where a message belongs',
      sentencePieceBytes(['a'], { extra: Buffer.from([0x10, 1]) }),
    ],
    ['one whose piece is no text', Buffer.from([0x0a, 3, 0x0a, 1, 0xff])],
    ['a length that never ends', Buffer.from([0x0a, ...Array.from({ length: 11 }, () => 0xff)])],
    ['a length beyond the end', Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f, 0])],
  ])('does not take %s for one', (_, bytes) => {
    expect(isSentencePiece(bytes)).toBe(false);
  });

  it('answers for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(typeof isSentencePiece(bytes)).toBe('boolean');
      }),
    );
  });
});
