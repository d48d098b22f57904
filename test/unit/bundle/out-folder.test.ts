import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertFolder } from '../../../src/bundle/out-folder.ts';
import { withFolder } from './bundle-fixtures.ts';

describe('assertFolder', () => {
  it('passes a folder, a link to one, and one that can be made', async () => {
    await withFolder(async (folder) => {
      await symlink(folder, join(folder, 'link'));
      for (const path of [folder, join(folder, 'link'), join(folder, 'new/and/deep'), '/']) {
        await expect(assertFolder(path)).resolves.toBeUndefined();
      }
    });
  });

  it.each(['file', 'file/below', 'file/far/below'])(
    'refuses %s, and names the file in the way',
    async (name) => {
      await withFolder(async (folder) => {
        await writeFile(join(folder, 'file'), '');
        await expect(assertFolder(join(folder, name))).rejects.toMatchObject({
          code: 'SYSTEM_FILE_EXISTS',
          message: expect.stringContaining(
            `${join(folder, 'file')} is a file; a bundle is written into a folder`,
          ),
          hint: expect.stringContaining('--out DIR'),
          details: { path: join(folder, 'file'), expected: 'a folder', received: 'a file' },
        });
      });
    },
  );
});
