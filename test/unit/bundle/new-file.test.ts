import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withNewFile } from '../../../src/bundle/new-file.ts';
import { withFolder } from './bundle-fixtures.ts';

const name = (no: number): string => `file${no === 1 ? '' : `-${no}`}.bin`;

describe('withNewFile', () => {
  it('takes the first free name, and never one that is taken', async () => {
    await withFolder(async (directory) => {
      const write = (text: string): Promise<string> =>
        withNewFile({ directory, name }, async (handle) => handle.writeFile(text));
      expect(await Promise.all([write('a'), write('b')])).toHaveLength(2);
      expect(await write('c')).toBe(join(directory, 'file-3.bin'));
      expect((await readdir(directory)).toSorted()).toEqual(['file-2.bin', 'file-3.bin', 'file.bin']);
      expect(await readFile(join(directory, 'file-3.bin'), 'utf8')).toBe('c');
    });
  });

  it('names the folder where nothing can be made in it, and the file where it cannot be written', async () => {
    await withFolder(async (directory) => {
      const missing = join(directory, 'missing');
      const inMissing = withNewFile({ directory: missing, name }, () => Promise.resolve());
      await expect(inMissing).rejects.toMatchObject({ details: { path: missing, errno: 'ENOENT' } });
      const paths: string[] = [];
      await withNewFile({ directory, name }, (_, path) => Promise.resolve(void paths.push(path)));
      expect(paths).toEqual([join(directory, 'file.bin')]);
    });
  });

  it('leaves nothing where the writing fails', async () => {
    await withFolder(async (directory) => {
      const failing = withNewFile({ directory, name }, async (handle) => {
        await handle.writeFile('half');
        throw new Error('stop');
      });
      await expect(failing).rejects.toThrow('stop');
      expect(await readdir(directory)).toEqual([]);
    });
  });
});
