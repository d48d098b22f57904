import { describe, expect, it } from 'vitest';
import { assertBytes } from '../../../src/bundle/expected-bytes.ts';

describe('assertBytes', () => {
  it('names the place and both sides', () => {
    expect(() =>
      assertBytes(Uint8Array.of(1, 2, 9), Uint8Array.of(1, 2, 3), { what: 'the fill', offset: 100 }),
    ).toThrow(
      expect.objectContaining({
        code: 'BUNDLE_NOT_CANONICAL',
        message: 'The fill differs at offset 102 from the only form it may have.',
        details: { offset: 102, expected: '03', received: '09' },
      }),
    );
  });
});
