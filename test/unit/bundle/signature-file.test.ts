import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { padSignature, stripPadding } from '../../../src/bundle/signature-file.ts';

describe('padSignature', () => {
  it('makes a length that follows from the longest signature alone, and is taken away again', () => {
    fc.assert(
      fc.property(fc.nat(3000), fc.nat(3000), (sizeBytes, moreBytes) => {
        const signature = new Uint8Array(sizeBytes).fill(0x7b);
        const maxBytes = sizeBytes + moreBytes;
        const padded = padSignature(signature, { maxBytes });
        expect(padded.length).toBe(Math.ceil((maxBytes + 1) / 512) * 512);
        expect(padded.at(-1)).toBe(0x0a);
        expect(stripPadding(padded)).toEqual(signature);
      }),
      { numRuns: 50 },
    );
  });
});
