import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withNewFile } from '../../../src/system/new-file.ts';
import { withFolder } from '../bundle/bundle-fixtures.ts';

const name = (no: number): string => `file${no === 1 ? '' : `-${no}`}.bin`;

describe.each([
  ['without a name until it is whole', true],
  ['under a hidden name, where every file has one', false],
] as const)('withNewFile, %s', (_, mayBeUnnamed) => {
  it('takes the first free name, and never one that is taken', async () => {
    await withFolder(async (directory) => {
      const write = (text: string): Promise<string> =>
        withNewFile({ directory, name, mayBeUnnamed }, async (handle) => handle.writeFile(text));
      expect(await Promise.all([write('a'), write('b')])).toHaveLength(2);
      expect(await write('c')).toBe(join(directory, 'file-3.bin'));
      expect((await readdir(directory)).toSorted()).toEqual(['file-2.bin', 'file-3.bin', 'file.bin']);
      expect(await readFile(join(directory, 'file-3.bin'), 'utf8')).toBe('c');
    });
  });

  it('names the folder where nothing can be made in it, and the file where it cannot be written', async () => {
    await withFolder(async (directory) => {
      const missing = join(directory, 'missing');
      const inMissing = withNewFile({ directory: missing, name, mayBeUnnamed }, () => Promise.resolve());
      await expect(inMissing).rejects.toMatchObject({ details: { path: missing, errno: 'ENOENT' } });
      const paths: string[] = [];
      await withNewFile({ directory, name, mayBeUnnamed }, (_handle, path) =>
        Promise.resolve(void paths.push(path)),
      );
      expect(paths).toEqual([join(directory, 'file.bin')]);
    });
  });

  it('leaves nothing where the writing fails', async () => {
    await withFolder(async (directory) => {
      const failing = withNewFile({ directory, name, mayBeUnnamed }, async (handle) => {
        await handle.writeFile('half');
        throw new Error('stop');
      });
      await expect(failing).rejects.toThrow('stop');
      expect(await readdir(directory)).toEqual([]);
    });
  });

  it('gives no name to what is not to be kept, although others can read it meanwhile', async () => {
    await withFolder(async (directory) => {
      let seen = '';
      await withNewFile({ directory, name, mayBeUnnamed, keep: false }, async (handle, _path, writable) => {
        await handle.writeFile('for now');
        seen = await readFile(writable, 'utf8');
      });
      expect(seen).toBe('for now');
      expect(await readdir(directory)).toEqual([]);
    });
  });

  it('shows nothing while it is written, or one hidden name', async () => {
    await withFolder(async (directory) => {
      let seen: readonly string[] = [];
      await withNewFile({ directory, name, mayBeUnnamed }, async () => {
        seen = await readdir(directory);
      });
      expect(seen).toEqual(mayBeUnnamed ? [] : [expect.stringMatching(/^\.file\.bin\..*\.unfinished$/)]);
    });
  });

  it('leaves at most that hidden name where the process is killed, and the next file removes it', async () => {
    await withFolder(async (directory) => {
      const packing = spawn(
        process.execPath,
        ['--input-type=module', '-e', SCRIPT, directory, String(mayBeUnnamed)],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      await once(packing.stdout, 'data');
      const during = await readdir(directory);
      expect(during).toHaveLength(mayBeUnnamed ? 0 : 1);
      // Another file at the same time does not take it for a leftover.
      await withNewFile({ directory, name, mayBeUnnamed }, (handle) => handle.writeFile('other'));
      expect(await readdir(directory)).toEqual([...during, 'file.bin']);
      packing.kill('SIGKILL');
      await once(packing, 'close');
      await withNewFile({ directory, name, mayBeUnnamed }, (handle) => handle.writeFile('next'));
      expect((await readdir(directory)).toSorted()).toEqual(['file-2.bin', 'file.bin']);
    });
  });

  it('removes nothing that only looks like its own', async () => {
    await withFolder(async (directory) => {
      await writeFile(join(directory, '.file.bin.0123456789ab.tmp'), 'of somebody else');
      await withNewFile({ directory, name, mayBeUnnamed }, () => Promise.resolve());
      expect(await readdir(directory)).toContain('.file.bin.0123456789ab.tmp');
    });
  });
});

const DOOR = new URL('../../../dist/system/new-file.js', import.meta.url).href;

/** Writes half a file and stays there. */
const SCRIPT = `
  const { withNewFile } = await import(${JSON.stringify(DOOR)});
  const [directory, mayBeUnnamed] = process.argv.slice(1);
  await withNewFile({ directory, name: () => 'file.bin', mayBeUnnamed: mayBeUnnamed === 'true' }, async (handle) => {
    await handle.writeFile('half');
    console.log('half');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });`;
