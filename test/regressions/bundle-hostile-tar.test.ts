import { readdir } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BundleFailure, extractBundle } from '../../src/bundle/index.ts';
import { memorySource, type JsonObject } from '../../src/core/index.ts';
import {
  json,
  noise,
  pax,
  privateFolder,
  pythonFiles,
  rawBundle,
  rawTar,
  toEntries,
  TOP,
  withFolder,
  type RawEntry,
} from '../unit/bundle/bundle-fixtures.ts';

const GOOD = toEntries(pythonFiles());
const MODEL = `${TOP}/model/model-q4_0.gguf`;

const base256 = Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b, 0xb8]).toString('latin1');
const negative = Buffer.alloc(12, 0xff).toString('latin1');

/** Each archive is sound but for what its title names. */
const ATTACKS: Readonly<Record<string, readonly [code: string, archive: () => Buffer]>> = {
  'a path that climbs out': ['BUNDLE_NAME_UNSAFE', () => withMore({ name: `${TOP}/../../etc/cron.d/x` })],
  'a path that climbs out in a PAX record': [
    'BUNDLE_NAME_UNSAFE',
    () => withMore(pax({ path: `${TOP}/model/../../x` }), { name: 'x' }),
  ],
  'a path that climbs out in the prefix': [
    'BUNDLE_NAME_UNSAFE',
    () => withMore({ name: 'x', prefix: `${TOP}/..` }),
  ],
  'an absolute path': ['BUNDLE_NAME_UNSAFE', () => withMore({ name: '/etc/passwd' })],
  'an absolute path in a PAX record': [
    'BUNDLE_NAME_UNSAFE',
    () => withMore(pax({ path: '/etc/passwd' }), { name: 'x' }),
  ],
  'a drive letter': ['BUNDLE_NAME_UNSAFE', () => withMore({ name: `${TOP}/C:/x` })],
  'a backslash': ['BUNDLE_NAME_UNSAFE', () => withMore({ name: `${TOP}\\..\\x` })],
  'a control character': ['BUNDLE_NAME_UNSAFE', () => withMore({ name: `${TOP}/model/a\nb` })],
  'a bidi override': ['BUNDLE_NAME_UNSAFE', () => withMore({ name: `${TOP}/model/\u202efugg` })],
  'a NUL inside a name': ['BUNDLE_TAR_INVALID', () => withMore({ name: `${TOP}/model/a\0b` })],
  'a NUL inside a PAX path': [
    'BUNDLE_TAR_INVALID',
    () => withMore(pax({ path: `${TOP}/a\0b` }), { name: 'x' }),
  ],
  'a name that is no UTF-8': ['BUNDLE_TAR_INVALID', () => withMore({ name: 'x', prefix: '' }, 'latin1')],
  'a second top folder': ['BUNDLE_NAME_UNSAFE', () => withMore({ name: 'other/x' })],
  'a file beside the top folder': ['BUNDLE_NAME_UNSAFE', () => withMore({ name: 'x' })],
  'a current-folder prefix': ['BUNDLE_NAME_UNSAFE', () => withMore({ name: `./${TOP}/x` })],
  'a symbolic link': [
    'BUNDLE_ENTRY_FORBIDDEN',
    () => withMore({ name: `${TOP}/model/l`, type: '2', link: '/etc' }),
  ],
  'a symbolic link to a folder, then a file through it': [
    'BUNDLE_ENTRY_FORBIDDEN',
    () => withMore({ name: `${TOP}/model/l`, type: '2', link: '../../..' }, { name: `${TOP}/model/l/x` }),
  ],
  'a hard link': [
    'BUNDLE_ENTRY_FORBIDDEN',
    () => withMore({ name: `${TOP}/model/l`, type: '1', link: MODEL }),
  ],
  'a character device': ['BUNDLE_ENTRY_FORBIDDEN', () => withMore({ name: `${TOP}/model/l`, type: '3' })],
  'a block device': ['BUNDLE_ENTRY_FORBIDDEN', () => withMore({ name: `${TOP}/model/l`, type: '4' })],
  'a pipe': ['BUNDLE_ENTRY_FORBIDDEN', () => withMore({ name: `${TOP}/model/l`, type: '6' })],
  'a contiguous file': ['BUNDLE_ENTRY_FORBIDDEN', () => withMore({ name: `${TOP}/model/l`, type: '7' })],
  'a GNU long name': [
    'BUNDLE_ENTRY_FORBIDDEN',
    () => withMore({ name: '././@LongLink', type: 'L', bytes: Buffer.from('x\0') }, { name: 'y' }),
  ],
  'a GNU sparse file': ['BUNDLE_ENTRY_FORBIDDEN', () => withMore({ name: `${TOP}/model/l`, type: 'S' })],
  'a global PAX header': [
    'BUNDLE_ENTRY_FORBIDDEN',
    () => withMore({ ...pax({ path: 'x' }), type: 'g' }, { name: 'y' }),
  ],
  'a PAX header for a PAX header': [
    'BUNDLE_ENTRY_FORBIDDEN',
    () => withMore(pax({ path: 'x' }), pax({ path: 'y' }), { name: 'z' }),
  ],
  'a PAX sparse record': [
    'BUNDLE_ENTRY_FORBIDDEN',
    () => withMore(pax({ 'GNU.sparse.realsize': '99' }), { name: `${TOP}/model/l` }),
  ],
  'a PAX link': [
    'BUNDLE_ENTRY_FORBIDDEN',
    () => withMore(pax({ linkpath: '/etc' }), { name: `${TOP}/model/l` }),
  ],
  'a PAX record of the wrong length': [
    'BUNDLE_TAR_INVALID',
    () => withMore({ name: 'p', type: 'x', bytes: Buffer.from('99 path=x\n') }, { name: 'y' }),
  ],
  'a PAX record without a key': [
    'BUNDLE_TAR_INVALID',
    () => withMore({ name: 'p', type: 'x', bytes: Buffer.from('6 =ab\n') }, { name: 'y' }),
  ],
  'a PAX record that is no record': [
    'BUNDLE_TAR_INVALID',
    () => withMore({ name: 'p', type: 'x', bytes: noise(100) }, { name: 'y' }),
  ],
  'a PAX path that is no UTF-8': [
    'BUNDLE_TAR_INVALID',
    () => withMore({ name: 'p', type: 'x', bytes: Buffer.from('10 path=\xff\n', 'latin1') }, { name: 'y' }),
  ],
  'the same PAX keyword twice': [
    'BUNDLE_TAR_INVALID',
    () => withMore({ name: 'p', type: 'x', bytes: Buffer.from('10 path=x\n10 path=y\n') }, { name: 'y' }),
  ],
  'a negative PAX size': [
    'BUNDLE_TAR_INVALID',
    () => withMore(pax({ size: '-1' }), { name: `${TOP}/model/l` }),
  ],
  'a PAX size past 2^53': [
    'BUNDLE_TAR_INVALID',
    () => withMore(pax({ size: '9007199254740993' }), { name: `${TOP}/model/l` }),
  ],
  'a size in the header and another in the PAX record': [
    'BUNDLE_TAR_INVALID',
    () => withMore(pax({ size: '5' }), { name: `${TOP}/model/l`, bytes: noise(600) }),
  ],
  'a PAX header of a megabyte': [
    'BUNDLE_LIMIT',
    () => withMore({ name: 'p', type: 'x', bytes: Buffer.alloc(2 ** 20, 32) }, { name: 'y' }),
  ],
  'a base-256 size': ['BUNDLE_TAR_INVALID', () => withMore({ name: `${TOP}/model/l`, size: base256 })],
  'a negative size': ['BUNDLE_TAR_INVALID', () => withMore({ name: `${TOP}/model/l`, size: negative })],
  'a size that is no number': [
    'BUNDLE_TAR_INVALID',
    () => withMore({ name: `${TOP}/model/l`, size: '0000000009x\0' }),
  ],
  'a wrong checksum': [
    'BUNDLE_TAR_INVALID',
    () => withMore({ name: `${TOP}/model/l`, checksum: '000001\0 ' }),
  ],
  'a GNU magic': ['BUNDLE_TAR_INVALID', () => withMore({ name: `${TOP}/model/l`, magic: 'ustar ' })],
  'a folder with content': [
    'BUNDLE_ENTRY_FORBIDDEN',
    () => withMore({ name: `${TOP}/model/d/`, type: '5', bytes: noise(5) }),
  ],
  'an 8 GiB size with no bytes behind it': [
    'BUNDLE_TRUNCATED',
    () => withMore({ name: `${TOP}/model/l`, size: '77777777777\0' }),
  ],
  'a file twice': ['BUNDLE_NAME_COLLISION', () => withMore({ name: MODEL, bytes: noise(3000) })],
  'two names that differ by case': [
    'BUNDLE_NAME_COLLISION',
    () => withMore({ name: `${TOP}/model/MODEL-Q4_0.gguf` }),
  ],
  'two names that differ by a ligature': [
    'BUNDLE_NAME_COLLISION',
    () => listed({ 'model/ﬁle': noise(5), 'model/file': noise(6) }),
  ],
  'two names that differ by Unicode form': [
    'BUNDLE_NAME_COLLISION',
    () => listed({ 'model/\u00e9': noise(5), 'model/e\u0301': noise(6) }),
  ],
  'a file that is a folder of another': [
    'BUNDLE_NAME_COLLISION',
    () => listed({ 'model/a': noise(5), 'model/A/b': noise(6) }),
  ],
  'an unlisted file in model/': [
    'BUNDLE_ENTRY_UNLISTED',
    () => withMore({ name: `${TOP}/model/more`, bytes: noise(5) }),
  ],
  'an unlisted file elsewhere': [
    'BUNDLE_ENTRY_UNLISTED',
    () => withMore({ name: `${TOP}/install.sh`, bytes: noise(5) }),
  ],
  'a listed file elsewhere': [
    'BUNDLE_METADATA_DISAGREES',
    () =>
      rawBundle(toEntries(pythonFiles(undefined, { sums: (sums) => (sums['install.sh'] = 'a'.repeat(64)) }))),
  ],
  'a path of 2,000 bytes': [
    'BUNDLE_LIMIT',
    () => withMore(pax({ path: `${TOP}/${'a/'.repeat(1000)}x` }), { name: 'y' }),
  ],
  'forty folders deep': [
    'BUNDLE_LIMIT',
    () => withMore(pax({ path: `${TOP}/${'a/'.repeat(40)}x` }), { name: 'y' }),
  ],
  'a name of 300 bytes': [
    'BUNDLE_LIMIT',
    () => withMore(pax({ path: `${TOP}/model/${'n'.repeat(300)}` }), { name: 'y' }),
  ],
  'more entries than any bundle': [
    'BUNDLE_LIMIT',
    () =>
      rawBundle([
        ...GOOD,
        ...Array.from({ length: 10_001 }, (_, index) => ({ name: `${TOP}/model/d${index}/`, type: '5' })),
      ]),
  ],
  'a bomb of zeros': [
    'BUNDLE_LIMIT',
    () => rawBundle([...GOOD.slice(0, 2), { name: `${TOP}/model/zeros`, bytes: Buffer.alloc(64 * 2 ** 20) }]),
  ],
  'a bomb of metadata': [
    'BUNDLE_LIMIT',
    () => rawBundle([{ name: `${TOP}/manifest.json`, bytes: Buffer.alloc(17 * 2 ** 20, 32) }]),
  ],
  'bytes after the end blocks': [
    'BUNDLE_TRAILING_DATA',
    () => rawBundle(GOOD, Buffer.concat([Buffer.alloc(1024), Buffer.from('hidden')])),
  ],
  'zeros far beyond the last record': [
    'BUNDLE_TRAILING_DATA',
    () => rawBundle(GOOD, Buffer.alloc(21 * 512 + 1)),
  ],
  'an archive after the archive': [
    'BUNDLE_TRAILING_DATA',
    () => rawBundle(GOOD, Buffer.concat([Buffer.alloc(1024), rawTar(GOOD)])),
  ],
  'one end block': ['BUNDLE_TRUNCATED', () => rawBundle(GOOD, Buffer.alloc(512))],
  'no end block': ['BUNDLE_TRUNCATED', () => rawBundle(GOOD, Buffer.alloc(0))],
  'a second gzip member': [
    'BUNDLE_TRAILING_DATA',
    () => Buffer.concat([rawBundle(GOOD), gzipSync(Buffer.alloc(0))]),
  ],
  'an archive split over two gzip members': [
    'BUNDLE_TRAILING_DATA',
    () => {
      const tar = rawTar(GOOD);
      return Buffer.concat([gzipSync(tar.subarray(0, 1024)), gzipSync(tar.subarray(1024))]);
    },
  ],
  'a gzip header with an extra field': [
    'BUNDLE_NOT_CANONICAL',
    () => {
      const bundle = rawBundle(GOOD);
      return Buffer.concat([
        bundle.subarray(0, 3),
        Buffer.of(4),
        bundle.subarray(4, 10),
        Buffer.of(0, 0),
        bundle.subarray(10),
      ]);
    },
  ],
  'a gzip name without end': [
    'BUNDLE_NOT_CANONICAL',
    () => Buffer.concat([Buffer.from('1f8b0808000000000003', 'hex'), Buffer.alloc(5000, 65)]),
  ],
  'a text that is no tar': ['BUNDLE_TAR_INVALID', () => gzipSync(Buffer.alloc(4096, 'hello '))],
  'a format-2 file in a format-1 archive': [
    'BUNDLE_DOWNGRADE',
    () => withMore({ name: `${TOP}/edge.json`, bytes: json({ format_version: 2 }) }),
  ],
  'a digest list that names edge.json': [
    'BUNDLE_DOWNGRADE',
    () =>
      rawBundle(toEntries(pythonFiles(undefined, { sums: (sums) => (sums['edge.json'] = 'a'.repeat(64)) }))),
  ],
  'a garbage digest list': ['BUNDLE_SUMS_INVALID', () => replaced('SHA256SUMS', Buffer.from('hello\n'))],
  'a digest list that is no text': [
    'BUNDLE_SUMS_INVALID',
    () => replaced('SHA256SUMS', Buffer.of(0xff, 0xfe)),
  ],
  'a tampered summary': [
    'BUNDLE_DIGEST_MISMATCH',
    () => replaced('benchmark_summary.json', json({ run_id: 'better' })),
  ],
  'a summary that is no JSON': [
    'BUNDLE_METADATA_INVALID',
    () => replaced('benchmark_summary.json', Buffer.from('{"a": NaN}')),
  ],
  'a manifest with one key more': ['BUNDLE_METADATA_INVALID', () => withManifest({ extra: 1 })],
  'a manifest with a path outside model/': [
    'BUNDLE_METADATA_INVALID',
    () => withManifest({ files: { 'x/y': 'a'.repeat(64) } }),
  ],
  'a manifest with a path that climbs out': [
    'BUNDLE_NAME_UNSAFE',
    () => withManifest({ files: { 'model/../x': 'a'.repeat(64) } }),
  ],
  'a manifest of other digests': [
    'BUNDLE_METADATA_DISAGREES',
    () => withManifest({ files: { 'model/model-q4_0.gguf': 'a'.repeat(64) } }),
  ],
  'a manifest of another size': ['BUNDLE_METADATA_DISAGREES', () => withManifest({ total_size_bytes: 1 })],
  'a manifest with a version that is no name': [
    'BUNDLE_METADATA_INVALID',
    () => withManifest({ model_version: '../../x' }),
  ],
};

describe('a hostile archive in the dialect of the Python tool', () => {
  it.each(Object.entries(ATTACKS))('is refused: %s', async (_, [code, archive]) => {
    const bytes = archive();
    await withFolder(async (folder) => {
      const staging = await privateFolder(folder);
      const started = performance.now();
      const error = await extractBundle(memorySource(bytes, 'bundle'), staging).catch(
        (failure: unknown) => failure,
      );
      expect(error).toBeInstanceOf(BundleFailure);
      expect(error).toMatchObject({ code, exitCode: 3 });
      // Nothing in a message can move a cursor or hide.
      expect(JSON.stringify((error as BundleFailure).toReport())).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(performance.now() - started).toBeLessThan(10_000);
      expect(await readdir(staging)).toEqual([]);
      expect(await readdir(folder)).toEqual(['staging']);
    });
  });

  it('is let through without the attack', async () => {
    await withFolder(async (folder) => {
      const result = await extractBundle(memorySource(rawBundle(GOOD)), await privateFolder(folder));
      expect(result.checksumVerified).toBe(true);
    });
  });
});

function withMore(...more: readonly (RawEntry | 'latin1')[]): Buffer {
  if (!more.includes('latin1')) return rawBundle([...GOOD, ...(more as readonly RawEntry[])]);
  // A byte that is no UTF-8, its checksum right.
  const tar = rawTar([...GOOD, { name: 'x' }]);
  const at = tar.length - 1024 - 512;
  tar[at] = 0xff;
  tar.write(
    (Number.parseInt(tar.toString('latin1', at + 148, at + 154), 8) + 0xff - 0x78)
      .toString(8)
      .padStart(6, '0'),
    at + 148,
  );
  return gzipSync(tar);
}

function listed(model: Readonly<Record<string, Uint8Array>>): Buffer {
  return rawBundle(toEntries(pythonFiles(model)));
}

function replaced(path: string, bytes: Uint8Array): Buffer {
  const files = pythonFiles();
  files.set(path, bytes);
  return rawBundle(toEntries(files));
}

function withManifest(manifest: JsonObject): Buffer {
  return rawBundle(toEntries(pythonFiles(undefined, { manifest })));
}
