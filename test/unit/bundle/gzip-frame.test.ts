import fc from 'fast-check';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  BLOCK_PAYLOAD_BYTES,
  formatFill,
  formatMember,
  memberBytes,
  MIN_FILL_BYTES,
} from '../../../src/bundle/gzip-frame.ts';
import { noise } from './bundle-fixtures.ts';

describe('formatMember', () => {
  it('is what zlib inflates to the payload, and as long as it says', () => {
    for (const size of [
      0,
      1,
      BLOCK_PAYLOAD_BYTES - 1,
      BLOCK_PAYLOAD_BYTES,
      BLOCK_PAYLOAD_BYTES + 1,
      3 * BLOCK_PAYLOAD_BYTES,
    ]) {
      const payload = noise(size);
      const member = formatMember(payload);
      expect(gunzipSync(member).equals(payload)).toBe(true);
      expect(member).toHaveLength(memberBytes(size));
    }
  });
});

describe('formatFill', () => {
  it('takes up any room from the smallest member on, and adds nothing to the stream', () => {
    const sizes = [
      MIN_FILL_BYTES,
      MIN_FILL_BYTES + 1,
      65_559,
      65_560,
      65_561,
      65_565,
      98_328,
      98_329,
      200_000,
    ];
    for (const size of sizes) {
      const fill = formatFill(size);
      expect(fill).toHaveLength(size);
      expect(gunzipSync(Buffer.concat([fill, formatMember(noise(10))])).equals(noise(10))).toBe(true);
    }
    fc.assert(
      fc.property(fc.integer({ min: MIN_FILL_BYTES, max: 300_000 }), (size) => {
        expect(formatFill(size)).toHaveLength(size);
      }),
      { numRuns: 50 },
    );
  });
});
