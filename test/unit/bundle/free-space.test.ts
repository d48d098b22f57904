import { describe, expect, it } from 'vitest';
import { assertFits, assertRoom } from '../../../src/bundle/free-space.ts';

const GIB = 2 ** 30;

describe('assertFits', () => {
  const vfat = { freeBytes: 100 * GIB, maxFileBytes: 4 * GIB - 1, type: 'vfat' };

  it('refuses a file that the file system cannot hold, and names both sizes', () => {
    const check = (): void => assertFits('/usb', { totalBytes: 5 * GIB, largestFileBytes: 5 * GIB }, vfat);
    expect(check).toThrow('/usb is on vfat, which holds no file of 5.37 GB.');
    expect(check).toThrow(expect.objectContaining({ code: 'BUNDLE_FILE_TOO_LARGE', exitCode: 1 }));
  });

  it('takes many small files there', () => {
    assertFits('/usb', { totalBytes: 50 * GIB, largestFileBytes: 3 * GIB }, vfat);
  });

  it('refuses where the room is short by a byte, the margin counted', () => {
    const needed = { totalBytes: 1000, largestFileBytes: 1000 };
    const facts = { maxFileBytes: null, type: 'ext4' };
    assertFits('/srv', needed, { ...facts, freeBytes: 1000 + 2 ** 20 });
    expect(() => assertFits('/srv', needed, { ...facts, freeBytes: 999 + 2 ** 20 })).toThrow(
      expect.objectContaining({ code: 'BUNDLE_NO_ROOM', exitCode: 1 }),
    );
  });
});

describe('assertRoom', () => {
  it('asks the file system that holds the folder', async () => {
    await assertRoom('.', { totalBytes: 1, largestFileBytes: 1 });
    await expect(assertRoom('.', { totalBytes: 2 ** 52, largestFileBytes: 1 })).rejects.toMatchObject({
      code: 'BUNDLE_NO_ROOM',
    });
  });
});
