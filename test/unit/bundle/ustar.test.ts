import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BundleFailure } from '../../../src/bundle/error.ts';
import { formatTarHeader } from '../../../src/bundle/tar-header.ts';
import { parseUstar } from '../../../src/bundle/ustar.ts';

const good = (): Uint8Array => formatTarHeader({ path: 'top/model/a', sizeBytes: 77, mtimeSeconds: 0 });

describe('parseUstar', () => {
  it('reads name, size and type', () => {
    expect(parseUstar(good())).toEqual({ path: 'top/model/a', sizeBytes: 77, type: '0' });
  });

  it('refuses a changed byte in a name or size: the checksum holds them', () => {
    for (const at of [0, 130, 156, 345]) {
      const block = good();
      block[at] = (block[at] ?? 0) ^ 1;
      expect(() => parseUstar(block)).toThrow(
        expect.objectContaining({ code: 'BUNDLE_TAR_INVALID', exitCode: 3 }),
      );
    }
  });

  it('refuses a short block', () => {
    expect(() => parseUstar(good().subarray(0, 511))).toThrow(
      expect.objectContaining({ code: 'BUNDLE_TAR_INVALID' }),
    );
  });

  it('parses any block or throws a failure', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), fc.boolean(), (noise, keepFrame) => {
        const block = keepFrame ? good() : noise;
        if (keepFrame) block.set(noise.subarray(0, 148));
        const sum = block.reduce(
          (total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte),
          0,
        );
        block.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
        try {
          const { sizeBytes } = parseUstar(block);
          expect(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(BundleFailure);
        }
      }),
    );
  });
});
