/** A link in a model directory can ship a file from elsewhere, ship one twice without end, or smuggle out what is hidden. */
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkHfDirectory } from '../../src/hf/index.ts';
import { safetensorsBytes, writeHfDirectory } from '../fakes/hf-directory.ts';
import { pickleBytes } from '../fakes/hf-samples.ts';

let top: string;
let folder: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'milton-hf-links-'));
  folder = join(top, 'model');
  await mkdir(folder);
  await writeHfDirectory(folder, { 'sub/notes.txt': 'words', '.env': 'PASSWORD=1', '.cache/blob': 'words' });
});
afterEach(() => rm(top, { recursive: true, force: true }));

const refused = (words: RegExp) => ({
  code: 'HF_LINK_UNSAFE',
  exitCode: 3,
  message: expect.stringMatching(words),
});
const paths = async () => (await checkHfDirectory(folder)).files.map(({ path }) => path);

describe('a link that stays inside', () => {
  it('is followed to a file', async () => {
    await symlink('sub/notes.txt', join(folder, 'README.md'));
    expect(await paths()).toContain('README.md');
  });

  it('is followed to a folder, whose files ship under both names', async () => {
    await symlink('sub', join(folder, 'again'));
    expect(await paths()).toEqual(expect.arrayContaining(['again/notes.txt', 'sub/notes.txt']));
  });

  it('is judged by the name of what it leads to as well', async () => {
    await writeFile(join(folder, 'sub/x.py'), '');
    await symlink('sub/x.py', join(folder, 'a.txt'));
    await expect(checkHfDirectory(folder)).rejects.toMatchObject({
      code: 'HF_UNSAFE_FILE',
      details: { path: 'a.txt', class: 'script' },
    });
  });

  it('is judged by what it leads to', async () => {
    await writeFile(join(folder, 'sub/x'), pickleBytes(4));
    await symlink('sub/x', join(folder, 'a.txt'));
    await expect(checkHfDirectory(folder)).rejects.toMatchObject({
      details: { path: 'a.txt', class: 'pickle' },
    });
  });
});

describe('a link that does harm', () => {
  it.each([
    ['leaves the folder', '/etc/hostname', /leaves the folder/],
    ['leaves it and comes back', '../model-2/../outside', /leaves the folder|nowhere/],
    ['leads to the folder above', '..', /leaves the folder/],
    ['leads to itself', 'link', /nowhere/],
    ['leads to a link', 'sub/hop', /another link/],
    ['leads through a linked folder', 'sub/way/notes.txt', /another link/],
    ['leads to a hidden file', '.env', /does not ship/],
    ['leads into a cache', '.cache/blob', /does not ship/],
    ['leads nowhere', 'nothing', /nowhere/],
  ])('is refused: it %s', async (_, target, words) => {
    await writeFile(join(top, 'outside'), 'secret');
    await mkdir(join(folder, 'other'));
    await writeFile(join(folder, 'other/notes.txt'), 'words');
    await symlink('notes.txt', join(folder, 'sub/hop'));
    await symlink('../other', join(folder, 'sub/way'));
    await symlink(target, join(folder, 'link'));
    await expect(checkHfDirectory(folder)).rejects.toMatchObject(refused(words));
  });

  it('is refused: it leads to a folder that it lies in', async () => {
    await symlink('../sub', join(folder, 'sub/loop'));
    await expect(checkHfDirectory(folder)).rejects.toMatchObject(refused(/folder that it lies in/));
  });

  it('is refused: two folders lead to each other', async () => {
    await mkdir(join(folder, 'a'));
    await mkdir(join(folder, 'b'));
    await symlink('../b', join(folder, 'a/to-b'));
    await symlink('../a', join(folder, 'b/to-a'));
    await expect(checkHfDirectory(folder)).rejects.toMatchObject(refused(/behind another link/));
  });

  it('is refused: the layout of the download cache leaves the snapshot, and the hint says what to do', async () => {
    const cache = join(top, 'models--a--b');
    await mkdir(join(cache, 'blobs'), { recursive: true });
    await writeHfDirectory(join(cache, 'snapshots/1'), { 'model.safetensors': null });
    await writeFile(join(cache, 'blobs/abc'), safetensorsBytes({ x: {} }));
    await symlink('../../blobs/abc', join(cache, 'snapshots/1/model.safetensors'));
    await expect(checkHfDirectory(join(cache, 'snapshots/1'))).rejects.toMatchObject({
      code: 'HF_LINK_UNSAFE',
      hint: expect.stringContaining('cp -rL'),
    });
  });
});

describe('a hard link', () => {
  it('is a file like any other, judged by its content', async () => {
    await writeFile(join(folder, 'sub/x'), pickleBytes(0));
    await link(join(folder, 'sub/x'), join(folder, 'y'));
    await expect(checkHfDirectory(folder)).rejects.toMatchObject({
      details: { path: 'sub/x', others: ['y (pickle)'] },
    });
  });
});
