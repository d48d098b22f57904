import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFreshFolders } from '../../../src/pipeline/fresh-folders.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-folders-'));
  await mkdir(join(folder, 'there'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const names = async (): Promise<readonly string[]> => (await readdir(folder, { recursive: true })).toSorted();

describe('withFreshFolders', () => {
  it('takes away what was made and stayed empty, and nothing that was there', async () => {
    const wanted = [join(folder, 'there'), join(folder, 'a/b/c'), join(folder, 'a/d')];
    const failing = withFreshFolders(wanted, async () => {
      for (const path of wanted) await mkdir(path, { recursive: true });
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await names()).toEqual(['there']);
  });

  it('leaves folders that hold something', async () => {
    const file = join(folder, 'a/b/file');
    await withFreshFolders([dirname(file), join(folder, 'a/c')], async () => {
      await mkdir(dirname(file), { recursive: true });
      await mkdir(join(folder, 'a/c'));
      await writeFile(file, '');
    });
    expect(await names()).toEqual(['a', 'a/b', 'a/b/file', 'there']);
  });
});
