import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadFileCalls } from '../../../src/system/file-calls.ts';
import { canShareBlocks, createUnnamed, type UnnamedFile } from '../../../src/system/unnamed-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-unnamed-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function create(): Promise<UnnamedFile> {
  const file = await createUnnamed(folder, 0o640);
  if (file === null) throw new Error('This file system has no files without a name.');
  return file;
}

describe('createUnnamed', () => {
  it('gives a file that nobody sees until it has its name, with the mode that was asked for', async () => {
    const { handle, giveName } = await create();
    await handle.writeFile('whole');
    expect(readdirSync(folder)).toEqual([]);
    giveName(join(folder, 'file'));
    await handle.close();
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('whole');
    expect(statSync(join(folder, 'file')).mode & 0o777).toBe(0o640);
  });

  it('leaves nothing where it is closed without a name', async () => {
    const { handle } = await create();
    await handle.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('never takes a name that is taken', async () => {
    writeFileSync(join(folder, 'file'), 'first');
    const { handle, giveName } = await create();
    expect(() => giveName(join(folder, 'file'))).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    giveName(join(folder, 'file-2'));
    await handle.close();
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('first');
  });

  it('gives null where there is no such file: no folder, or a file system without them', async () => {
    expect(await createUnnamed(join(folder, 'missing'))).toBeNull();
    expect(await createUnnamed('/proc')).toBeNull();
  });
});

describe('canShareBlocks', () => {
  it('is false for another file system and for a file that is not there, and leaves nothing', async () => {
    writeFileSync(join(folder, 'source'), 'bytes');
    expect(await canShareBlocks('/proc/version', folder)).toBe(false);
    expect(await canShareBlocks(join(folder, 'missing'), folder)).toBe(false);
    expect(await canShareBlocks(join(folder, 'source'), '/proc')).toBe(false);
    expect(readdirSync(folder)).toEqual(['source']);
  });
});

describe('loadFileCalls', () => {
  it('renames to a free name, and to no other', async () => {
    const calls = await loadFileCalls();
    writeFileSync(join(folder, 'a'), 'a');
    writeFileSync(join(folder, 'b'), 'b');
    expect(() => calls?.renameWithoutReplacing(join(folder, 'a'), join(folder, 'b'))).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    );
    calls?.renameWithoutReplacing(join(folder, 'a'), join(folder, 'c'));
    expect(readdirSync(folder)).toEqual(['b', 'c']);
  });

  it('says which call failed and how', async () => {
    const calls = await loadFileCalls();
    expect(() => calls?.shareBlocks(-1, -1)).toThrow(/^ioctl\(FICLONE\) failed/);
    expect(() => calls?.nameOpenFile(-1, join(folder, 'x'))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
  });
});
