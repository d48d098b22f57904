import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readClockSync } from '../../../src/system/clock-sync.ts';
import { findProtections } from '../../../src/system/contained-protections.ts';
import { isReadOnly } from '../../../src/system/file-system.ts';
import { tryFolder } from '../../../src/system/folder-abilities.ts';
import { createUnnamed } from '../../../src/system/unnamed-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('tryFolder', () => {
  it('finds what works, and leaves nothing', async () => {
    const file = await createUnnamed(folder);
    await file?.handle.close();
    expect(await tryFolder(folder)).toEqual({
      hasUnnamedFiles: file !== null,
      lockRefusal: null,
      sharesBlocks: file === null ? null : expect.any(Boolean),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('finds nothing where no file can be made', async () => {
    const nothing = { hasUnnamedFiles: false, lockRefusal: null, sharesBlocks: null };
    expect(await tryFolder('/proc')).toEqual(nothing);
    expect(await tryFolder(join(folder, 'missing'))).toEqual(nothing);
  });
});

describe('findProtections', () => {
  it('misses each tool that is not in the PATH it is given', async () => {
    const { prefix, missing } = await findProtections({ dataBytes: 2 ** 30, path: folder });
    expect(prefix).toEqual([]);
    expect(missing).toEqual(
      expect.arrayContaining([
        { protection: 'death-signal', reason: 'setpriv was not found' },
        { protection: 'memory-limit', reason: 'prlimit was not found' },
      ]),
    );
  });
});

describe.skipIf(process.platform !== 'linux')('readClockSync', () => {
  it('gives what the kernel says', async () => {
    expect([true, false]).toContain(await readClockSync());
  });
});

describe.skipIf(process.platform !== 'linux')('isReadOnly', () => {
  it('is false for a folder that can be written in, and names a path that is missing', async () => {
    expect(await isReadOnly(folder)).toBe(false);
    await expect(isReadOnly(join(folder, 'missing'))).rejects.toMatchObject({ code: 'SYSTEM_FILE_MISSING' });
  });
});
