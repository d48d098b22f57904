import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  extractBundle,
  inspectBundle,
  listBundles,
  openBundleEntries,
  verifyBundle,
} from '../../src/bundle/index.ts';
import { memorySource, type ByteSource } from '../../src/core/index.ts';
import { withFileSource } from '../../src/system/index.ts';
import {
  bundleBytes,
  hasPython,
  makeBundle,
  noise,
  packWithPython,
  privateFolder,
  pythonFiles,
  rawBundle,
  sha256,
  toEntries,
  TOP,
  withFolder,
  writeFiles,
} from '../unit/bundle/bundle-fixtures.ts';

const METADATA = [
  'SHA256SUMS',
  'benchmark_summary.json',
  'edge.json',
  'manifest.json',
  'registry_entry.json',
];

describe('extractBundle', () => {
  it('leaves exactly the files of the bundle, private, and reports each', async () => {
    await withFolder(async (folder) => {
      const { path, artifactSha256 } = await makeBundle(folder, { sizeBytes: 6_000_000 });
      const staging = await privateFolder(folder);
      const result = await withFileSource(path, (source) => extractBundle(source, staging));
      expect(result).toMatchObject({ artifactSha256, fileCount: 1, checksumVerified: true, mismatches: [] });
      expect((await readdir(staging)).toSorted()).toEqual([...METADATA, 'model'].toSorted());
      for (const { path: name, sizeBytes, sha256: digest } of result.files) {
        const bytes = await readFile(join(staging, name));
        expect(bytes.length).toBe(sizeBytes);
        expect(sha256(bytes)).toBe(digest);
        expect((await stat(join(staging, name))).mode & 0o777).toBe(0o600);
      }
      expect((await stat(join(staging, 'model'))).mode & 0o777).toBe(0o700);
    });
  });

  it('works on a source that is no file', async () => {
    const bytes = await bundleBytes({ sizeBytes: 9_000_000 });
    await withFolder(async (folder) => {
      const result = await extractBundle(memorySource(bytes, 'memory'), await privateFolder(folder));
      expect(result.checksumVerified).toBe(true);
    });
  });

  describe('into a folder that is not fit', () => {
    it('refuses a missing one, a file, a link, a full one, and one that others can enter', async () => {
      await withFolder(async (folder) => {
        const bytes = await bundleBytes();
        const extract = (directory: string): Promise<unknown> =>
          extractBundle(memorySource(bytes), directory);
        await expect(extract(join(folder, 'none'))).rejects.toMatchObject({ code: 'SYSTEM_FILE_MISSING' });
        await writeFile(join(folder, 'file'), '');
        const real = await privateFolder(folder, 'real');
        await symlink('real', join(folder, 'link'));
        const full = await privateFolder(folder, 'full');
        await writeFile(join(full, 'precious'), 'kept');
        const open = await privateFolder(folder, 'open');
        await chmod(open, 0o750);
        for (const directory of ['file', 'link', 'full', 'open']) {
          await expect(extract(join(folder, directory))).rejects.toMatchObject({
            code: 'BUNDLE_DIRECTORY_UNFIT',
            exitCode: 1,
          });
        }
        expect(await readFile(join(full, 'precious'), 'utf8')).toBe('kept');
        expect(await readdir(real)).toEqual([]);
      });
    });
  });

  it('empties the folder again when it is interrupted', async () => {
    const bytes = await bundleBytes({ sizeBytes: 20_000_000 });
    await withFolder(async (folder) => {
      for (const after of [1, 7, 8]) {
        const staging = await privateFolder(folder, `staging-${after}`);
        const controller = new AbortController();
        let count = 0;
        const extracting = extractBundle(memorySource(bytes), staging, {
          signal: controller.signal,
          onProgress: () => (++count === after ? controller.abort() : undefined),
        });
        await expect(extracting).rejects.toMatchObject({ code: 'CORE_INTERRUPTED', exitCode: 130 });
        expect(await readdir(staging)).toEqual([]);
      }
    });
  });

  it('empties the folder again when the last byte is wrong', async () => {
    const bytes = await bundleBytes({ sizeBytes: 20_000_000 });
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await withFolder(async (folder) => {
      const staging = await privateFolder(folder);
      await expect(extractBundle(memorySource(bytes), staging)).rejects.toMatchObject({
        code: 'BUNDLE_CORRUPT',
      });
      expect(await readdir(staging)).toEqual([]);
    });
  });

  describe('with skipChecksum', () => {
    const wrong = pythonFiles(undefined, { sums: (sums) => (sums['registry_entry.json'] = 'a'.repeat(64)) });

    it('lets a digest that differs pass, and says which', async () => {
      await withFolder(async (folder) => {
        const bytes = rawBundle(toEntries(wrong));
        const staging = await privateFolder(folder);
        await expect(extractBundle(memorySource(bytes), staging)).rejects.toMatchObject({
          code: 'BUNDLE_DIGEST_MISMATCH',
          exitCode: 3,
          details: { path: 'registry_entry.json', expected: `sha256:${'a'.repeat(64)}` },
        });
        expect(await readdir(staging)).toEqual([]);
        const result = await extractBundle(memorySource(bytes), staging, { skipChecksum: true });
        expect(result.checksumVerified).toBe(false);
        expect(result.mismatches).toEqual([
          {
            path: 'registry_entry.json',
            expected: 'a'.repeat(64),
            received: sha256(wrong.get('registry_entry.json') ?? ''),
          },
        ]);
      });
    });

    it('lets no rule of the archive pass', async () => {
      await withFolder(async (folder) => {
        const staging = await privateFolder(folder);
        const more = rawBundle([...toEntries(wrong), { name: `${TOP}/model/more`, bytes: noise(10) }]);
        await expect(
          extractBundle(memorySource(more), staging, { skipChecksum: true }),
        ).rejects.toMatchObject({ code: 'BUNDLE_ENTRY_UNLISTED' });
        const flipped = await bundleBytes();
        flipped[70_000] = (flipped[70_000] ?? 0) ^ 1;
        await expect(
          extractBundle(memorySource(flipped), staging, { skipChecksum: true }),
        ).rejects.toMatchObject({ code: 'BUNDLE_CORRUPT' });
        expect(await readdir(staging)).toEqual([]);
      });
    });
  });
});

describe('extractBundle with a known file', () => {
  it('links it instead of writing, and still takes the digests from the bundle', async () => {
    await withFolder(async (folder) => {
      const bytes = await bundleBytes();
      const original = await privateFolder(folder, 'first');
      await extractBundle(memorySource(bytes), original);
      const path = join(original, 'model/model-f32.gguf');
      const known = (name: string): string | undefined => (name.startsWith('model/') ? path : undefined);
      const second = await privateFolder(folder, 'second');
      const { checksumVerified } = await extractBundle(memorySource(bytes), second, { known });
      expect(checksumVerified).toBe(true);
      expect((await stat(join(second, 'model/model-f32.gguf'))).ino).toBe((await stat(path)).ino);
      const broken = Buffer.from(bytes);
      broken[70_000] = (broken[70_000] ?? 0) ^ 1;
      const third = await privateFolder(folder, 'third');
      await expect(extractBundle(memorySource(broken), third, { known })).rejects.toMatchObject({
        code: 'BUNDLE_CORRUPT',
      });
      expect(await readdir(third)).toEqual([]);
      expect((await stat(path)).size).toBeGreaterThan(0);
    });
  });

  it('writes where it cannot be linked', async () => {
    await withFolder(async (folder) => {
      const staging = await privateFolder(folder);
      const known = (): string => join(folder, 'gone');
      const result = await extractBundle(memorySource(await bundleBytes()), staging, { known });
      expect((await readdir(staging)).length).toBe(6);
      expect(result.checksumVerified).toBe(true);
    });
  });
});

describe('a bundle of the Python tool', () => {
  const model = {
    'model/config.json': Buffer.from('{}'),
    [`model/${'deep/'.repeat(20)}${'n'.repeat(120)}.txt`]: noise(700),
    'model/über.bin': noise(100_000),
    'model/empty.txt': Buffer.alloc(0),
  };

  it.skipIf(!hasPython)(
    'opens as the real tarfile wrote it: inspected, verified, extracted (needs python3)',
    async () => {
      await withFolder(async (folder) => {
        const files = pythonFiles(model);
        await writeFiles(join(folder, TOP), files);
        const path = join(folder, 'milton_edge_bundle_v1.0_20260111_202801.tar.gz');
        packWithPython(join(folder, TOP), path);
        await withFileSource(path, async (source) => {
          const inspected = await inspectBundle(source);
          expect(inspected).toMatchObject({ format: 1, topFolder: TOP, edge: null, signed: 'none' });
          const { metadata, fileCount } = await verifyBundle(source);
          expect(metadata.manifest).toEqual(inspected.manifest);
          expect(fileCount).toBe(4);
          const staging = await privateFolder(folder);
          const result = await extractBundle(source, staging);
          expect(result.checksumVerified).toBe(true);
          for (const [name, bytes] of files)
            expect((await readFile(join(staging, name))).equals(bytes)).toBe(true);
        });
      });
    },
  );

  it.skipIf(!hasPython)(
    'opens wherever its last record of blocks happens to end (needs python3)',
    async () => {
      await withFolder(async (folder) => {
        // tarfile fills records of 20 blocks: one block more of data each time meets every way to fill the last one.
        for (let blocks = 0; blocks < 20; blocks += 1) {
          const top = join(folder, String(blocks), TOP);
          await writeFiles(top, pythonFiles({ 'model/model-q4_0.gguf': noise(512 * (blocks + 1)) }));
          const path = join(folder, `${blocks}.tar.gz`);
          packWithPython(top, path);
          await withFileSource(path, async (source) => {
            expect((await verifyBundle(source)).fileCount).toBe(1);
          });
        }
      });
    },
  );

  it.skipIf(!hasPython)('is refused cut at any 512 bytes, and with a byte more (needs python3)', async () => {
    await withFolder(async (folder) => {
      await writeFiles(join(folder, TOP), pythonFiles());
      packWithPython(join(folder, TOP), join(folder, 'b.tar.gz'));
      const bytes = await readFile(join(folder, 'b.tar.gz'));
      for (let end = 0; end < bytes.length; end += 512) {
        await expect(verifyBundle(memorySource(bytes.subarray(0, end)))).rejects.toMatchObject({
          exitCode: 3,
        });
      }
      for (const tail of [Buffer.of(0), Buffer.from('\x1f\x8b'), bytes, Buffer.alloc(1_000_000)]) {
        await expect(verifyBundle(memorySource(Buffer.concat([bytes, tail])))).rejects.toMatchObject({
          code: 'BUNDLE_TRAILING_DATA',
        });
      }
    });
  });

  it('opens in any order, and is inspected as soon as manifest and digest list have come', async () => {
    const files = pythonFiles();
    const entries = toEntries(files);
    const last = rawBundle([
      ...entries.filter(({ name }) => !name.endsWith('manifest.json')),
      ...entries.filter(({ name }) => name.endsWith('manifest.json')),
    ]);
    const steps: string[] = [];
    const metadata = await inspectBundle(memorySource(last), {
      onProgress: (event) => steps.push(event.kind === 'step' ? (event.message ?? '') : ''),
    });
    expect(metadata.manifest.bundle_id).toBe(TOP);
    expect(steps).toEqual(['A bundle of the Python tool: reading it until its manifest comes']);
    // The model is damaged behind the manifest: inspecting does not get there.
    const big = pythonFiles({ 'model/m.gguf': noise(3_000_000) });
    const bytes = rawBundle(toEntries(big));
    bytes[bytes.length - 5000] = (bytes[bytes.length - 5000] ?? 0) ^ 255;
    expect((await inspectBundle(memorySource(bytes))).format).toBe(1);
    await expect(verifyBundle(memorySource(bytes))).rejects.toMatchObject({ code: 'BUNDLE_CORRUPT' });
  });

  it('without manifest or digest list is refused', async () => {
    for (const gone of ['manifest.json', 'SHA256SUMS', 'registry_entry.json', 'model/model-q4_0.gguf']) {
      const files = pythonFiles();
      files.delete(gone);
      const source = memorySource(rawBundle(toEntries(files)));
      await expect(verifyBundle(source)).rejects.toMatchObject({ code: 'BUNDLE_ENTRY_MISSING', exitCode: 3 });
      if (gone === 'manifest.json')
        await expect(inspectBundle(source)).rejects.toMatchObject({ code: 'BUNDLE_ENTRY_MISSING' });
    }
  });
});

describe('inspectBundle', () => {
  it('reads the first 64 KiB and nothing else', async () => {
    const bytes = await bundleBytes({ sizeBytes: 1_000_000 });
    const whole = memorySource(bytes);
    let furthest = 0;
    const source: ByteSource = {
      ...whole,
      read: (offset, length, into) => {
        furthest = Math.max(furthest, offset + length);
        return whole.read(offset, length, into);
      },
    };
    await inspectBundle(source);
    expect(furthest).toBe(65_536);
  });

  it('says what is wrong with a file that is no bundle', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('GGUF'), noise(5000), Buffer.from('\x1f\x8b')]) {
      await expect(inspectBundle(memorySource(bytes))).rejects.toMatchObject({
        code: 'BUNDLE_NOT_A_BUNDLE',
        exitCode: 3,
      });
    }
  });
});

describe('openBundleEntries', () => {
  it('gives the files in order; one that is not read is skipped', async () => {
    const bundle = await openBundleEntries(memorySource(await bundleBytes({ sizeBytes: 200_000 })));
    const paths: string[] = [];
    for await (const { path } of bundle.entries()) paths.push(path);
    expect(bundle.topFolder()).toBe(TOP);
    expect(paths).toEqual([
      'manifest.json',
      'edge.json',
      'registry_entry.json',
      'benchmark_summary.json',
      'SHA256SUMS',
      'model/model-f32.gguf',
    ]);
  });
});

describe('listBundles', () => {
  it('gives the newest first, from the first kilobytes, and says what it cannot read', async () => {
    await withFolder(async (folder) => {
      await makeBundle(folder, { version: 'v1.9', sourceDateEpochSeconds: 1_700_000_000 });
      await makeBundle(folder, { version: 'v1.10', sourceDateEpochSeconds: 1_700_000_000 });
      await makeBundle(folder, { version: 'v2', sourceDateEpochSeconds: 1_600_000_000 });
      const out = join(folder, 'out');
      await writeFile(join(out, 'broken.tar.gz'), 'not a bundle');
      await writeFile(join(out, '.hidden.tar.gz'), 'a temp file');
      await writeFile(join(out, 'notes.txt'), 'no bundle');
      await mkdir(join(out, 'folder.tar.gz'));
      await symlink('nowhere', join(out, 'dangling.tar.gz'));
      // The manifest of this one comes after a large model.
      const python = toEntries(pythonFiles({ 'model/m.gguf': noise(400_000) }));
      await writeFile(join(out, 'late.tar.gz'), rawBundle([...python.slice(3), ...python.slice(0, 3)]));
      const bundles = await listBundles(out);
      const byName = new Map(bundles.map((bundle) => [bundle.name, bundle]));
      expect(
        bundles
          .map(({ metadata }) => metadata?.manifest.model_version)
          .filter((version) => version !== undefined),
      ).toEqual(['v1.10', 'v1.9', 'v2']);
      expect(byName.get('broken.tar.gz')?.failure?.code).toBe('BUNDLE_NOT_A_BUNDLE');
      expect(byName.get('folder.tar.gz')?.failure?.code).toBe('SYSTEM_FILE_NOT_REGULAR');
      expect(byName.get('late.tar.gz')).toMatchObject({ metadata: null, failure: null });
      expect(bundles).toHaveLength(6);
    });
  });

  it('finds nothing in a folder that is not there', async () => {
    expect(await listBundles('/nonexistent/bundles')).toEqual([]);
  });
});
