import type { FileHandle } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { withEarlySync } from '../../../src/system/early-sync.ts';

const MIB = 1024 * 1024;

function disk(datasync: () => Promise<void>): FileHandle {
  return { datasync } as unknown as FileHandle;
}

describe('withEarlySync', () => {
  it('syncs every 256 MiB, and waits for it before it ends', async () => {
    let begun = 0;
    let ended = 0;
    const handle = disk(async () => {
      begun += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      ended += 1;
    });
    const result = await withEarlySync(handle, async (wrote) => {
      for (let at = 0; at < 800 * MIB; at += 8 * MIB) await wrote(8 * MIB);
      return 'done';
    });
    expect(result).toBe('done');
    expect([begun, ended]).toEqual([3, 3]);
  });

  it('waits for it where the writing fails too', async () => {
    let isEnded = false;
    const handle = disk(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      isEnded = true;
    });
    const writing = withEarlySync(handle, async (wrote) => {
      await wrote(256 * MIB);
      throw new Error('no');
    });
    await expect(writing).rejects.toThrow('no');
    expect(isEnded).toBe(true);
  });

  it('leaves it to the fsync at the end to fail', async () => {
    const handle = disk(() => Promise.reject(new Error('EIO')));
    await withEarlySync(handle, async (wrote) => wrote(256 * MIB));
  });
});
