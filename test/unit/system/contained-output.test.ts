import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { outputTail } from '../../../src/system/contained-output.ts';

describe('outputTail', () => {
  it('keeps the last bytes, however they came in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme-ascii' })),
        fc.integer({ min: 1, max: 20 }),
        (texts, maxBytes) => {
          const tail = outputTail(maxBytes);
          for (const text of texts) tail.append(Buffer.from(text));
          expect(tail.text()).toBe(texts.join('').slice(-maxBytes));
        },
      ),
    );
  });

  describe('when the cut falls into a character', () => {
    it('drops what is left of it', () => {
      const tail = outputTail(4);
      tail.append(Buffer.from('€€'));
      expect(tail.text()).toBe('€');
    });
  });

  describe('when one chunk is larger than the limit', () => {
    it('does not hold on to it', () => {
      const tail = outputTail(3);
      tail.append(Buffer.from('abcdef'));
      tail.append(Buffer.from('g'));
      expect(tail.text()).toBe('efg');
    });
  });
});
