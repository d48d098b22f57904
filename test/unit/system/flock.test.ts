import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadFlock } from '../../../src/system/flock.ts';

describe('loadFlock', () => {
  it('gives a lock that one open file holds and another does not get, until the first is closed', async () => {
    const tryFlock = await loadFlock();
    const folder = mkdtempSync(join(tmpdir(), 'milton-flock-'));
    const [first, second] = [openSync(join(folder, 'lock'), 'w'), openSync(join(folder, 'lock'), 'w')];
    expect([tryFlock?.(first), tryFlock?.(first), tryFlock?.(second)]).toEqual([true, true, false]);
    closeSync(first);
    expect(tryFlock?.(second)).toBe(true);
    closeSync(second);
    rmSync(folder, { recursive: true });
  });

  it('throws what the kernel says where it is no question of another holder', async () => {
    const tryFlock = await loadFlock();
    expect(() => tryFlock?.(-1)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  });
});
