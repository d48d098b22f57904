import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBundle, extractBundle, openArtifact, stageArtifact } from '../../src/bundle/index.ts';
import { memorySource } from '../../src/core/index.ts';
import {
  bundleBytes,
  inputOf,
  privateFolder,
  pythonFiles,
  rawBundle,
  smallGguf,
  toEntries,
  withFolder,
} from '../unit/bundle/bundle-fixtures.ts';

const SIZE_BYTES = 6 * 2 ** 20;

describe.skipIf(!canMount())('a file system with little room (needs root and mount)', () => {
  let disk = '';
  beforeAll(async () => {
    disk = await mkdtemp(join(tmpdir(), 'milton-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_BYTES},mode=700`, 'tmpfs', disk]);
  });
  afterAll(async () => {
    execFileSync('umount', [disk]);
    await rm(disk, { recursive: true, force: true });
  });

  it('is asked first: a bundle that does not fit is refused with the numbers', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'model.gguf'), await smallGguf(10_000_000));
      const artifact = await openArtifact(join(folder, 'model.gguf'), { type: 'gguf' });
      await expect(createBundle({ ...inputOf(artifact), outDir: disk })).rejects.toMatchObject({
        code: 'BUNDLE_NO_ROOM',
        exitCode: 1,
        details: { received: `${SIZE_BYTES} bytes free` },
      });
      const staging = await privateFolder(disk);
      await expect(stageArtifact({ ...inputOf(artifact), directory: staging })).rejects.toMatchObject({
        code: 'BUNDLE_NO_ROOM',
      });
      const bundle = memorySource(await bundleBytes({ sizeBytes: 10_000_000 }));
      await expect(extractBundle(bundle, staging)).rejects.toMatchObject({ code: 'BUNDLE_NO_ROOM' });
      expect(await readdir(staging)).toEqual([]);
      await rm(staging, { recursive: true });
      expect(await readdir(disk)).toEqual([]);
    });
  });

  it('that fills up while a bundle is written is left as it was', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'model.gguf'), await smallGguf(4_800_000));
      const artifact = await openArtifact(join(folder, 'model.gguf'), { type: 'gguf' });
      // A second packing at the same time: both find enough room, and there is enough for one.
      const input = { ...inputOf(artifact), outDir: disk };
      const results = await Promise.allSettled([createBundle(input), createBundle(input)]);
      const failed = results.filter((result) => result.status === 'rejected');
      expect(failed.length).toBeGreaterThan(0);
      for (const { reason } of failed)
        expect(reason).toMatchObject({ code: 'SYSTEM_DISK_FULL', exitCode: 1 });
      expect(await readdir(disk)).toHaveLength(2 - failed.length);
      await Promise.all((await readdir(disk)).map((name) => rm(join(disk, name))));
    });
  });

  it('that fills up while a bundle is extracted is left as it was', async () => {
    const staging = await privateFolder(disk);
    // It inflates to more than its own size, which is all that a bundle without an index promises.
    const bytes = rawBundle(toEntries(pythonFiles({ 'model/m.gguf': Buffer.alloc(8 * 2 ** 20) })));
    await expect(extractBundle(memorySource(bytes), staging)).rejects.toMatchObject({
      code: 'SYSTEM_DISK_FULL',
    });
    expect(await readdir(staging)).toEqual([]);
    await rm(staging, { recursive: true });
  });
});

describe.skipIf(!canMount('vfat'))('a FAT file system (needs root, mkfs.vfat and loop devices)', () => {
  it('refuses a bundle past 4 GiB before a byte is written, and takes a small one without links', async () => {
    await withFolder(async (folder) => {
      const image = join(folder, 'disk.img');
      const disk = join(folder, 'disk');
      await mkdir(disk);
      makeFat(image);
      execFileSync('mount', ['-o', 'loop', image, disk]);
      try {
        await writeFile(join(folder, 'model.gguf'), await smallGguf());
        const artifact = await openArtifact(join(folder, 'model.gguf'), { type: 'gguf' });
        const input = { ...inputOf(artifact), outDir: disk };
        const [file] = artifact.files;
        const large = {
          ...artifact,
          files: file === undefined ? [] : [{ ...file, sizeBytes: 5 * 2 ** 30 }],
          totalSizeBytes: 5 * 2 ** 30,
        };
        await expect(createBundle({ ...input, artifact: large })).rejects.toMatchObject({
          code: 'BUNDLE_FILE_TOO_LARGE',
          exitCode: 1,
        });
        await createBundle(input);
        await createBundle(input);
        expect(await readdir(disk)).toHaveLength(2);
      } finally {
        execFileSync('umount', [disk]);
      }
    });
  });
});

function makeFat(image: string): void {
  execFileSync('truncate', ['-s', '16M', image]);
  execFileSync('mkfs.vfat', [image], { stdio: 'ignore' });
}

function canMount(kind: 'tmpfs' | 'vfat' = 'tmpfs'): boolean {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'milton-mount-'));
  try {
    if (kind === 'vfat') {
      execFileSync('which', ['mkfs.vfat'], { stdio: 'ignore' });
      if (!/\bvfat\b/.test(readFileSync('/proc/filesystems', 'utf8'))) return false;
      makeFat(`${folder}.img`);
      execFileSync('mount', ['-o', 'loop', `${folder}.img`, folder], { stdio: 'ignore' });
    } else {
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' });
    }
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    execFileSync('rm', ['-f', `${folder}.img`]);
    rmdirSync(folder);
  }
}
