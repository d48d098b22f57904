import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findImageFault, imageKind } from '../../../src/hf/image.ts';
import { imageBytes } from '../../fakes/hf-samples.ts';

const KINDS = ['PNG', 'JPEG', 'GIF', 'WebP'] as const;

describe.each(KINDS)('a %s', (kind) => {
  const whole = imageBytes(kind);

  it('is known and whole', () => {
    expect(imageKind(whole)).toBe(kind);
    expect(findImageFault(kind, whole)).toBeNull();
  });

  it('is refused with anything behind its end', () => {
    expect(findImageFault(kind, Buffer.concat([whole, Buffer.from('PK')]))).toMatch(/followed by 2 bytes/);
  });

  it('is refused wherever it is cut', () => {
    for (let length = 12; length < whole.length; length += 1) {
      expect(findImageFault(kind, whole.subarray(0, length)), `${length} bytes`).not.toBeNull();
    }
  });

  it('is judged whatever its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: whole.length }), (bytes, keep) => {
        const fault = findImageFault(kind, Buffer.concat([whole.subarray(0, keep), bytes]));
        expect(fault === null || fault.length > 0).toBe(true);
      }),
    );
  });
});

describe('imageKind', () => {
  it('knows nothing else', () => {
    for (const text of ['', 'RIFF....WAVE', 'GIF90a', '<svg>', '\x89PNG']) {
      expect(imageKind(Buffer.from(text, 'latin1'))).toBeNull();
    }
  });
});
