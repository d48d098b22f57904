/** Little that becomes much: inflation, entries, headers, nesting, and metadata at and beyond their limits. */
import { gzipSync } from 'node:zlib';
import { MAX_ENTRIES, MAX_METADATA_BYTES } from '../../src/bundle/limits.ts';
import {
  noise,
  pax,
  pythonFiles,
  rawBundle,
  rawTar,
  toEntries,
  TOP,
} from '../unit/bundle/bundle-fixtures.ts';
import { forged, forgedText, GOOD, withManifest, type Attacks } from './attack.ts';

const LIMIT = 'BUNDLE_LIMIT';
const MIB = 2 ** 20;
const count = <T>(length: number, make: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => make(index));

export const BOMBS: Attacks = {
  'a bomb of zeros in one file': [
    LIMIT,
    () => rawBundle([...GOOD, { name: `${TOP}/model/zeros`, bytes: Buffer.alloc(128 * MIB) }]),
  ],
  'a bomb of zeros behind the end': ['BUNDLE_TRAILING_DATA', () => rawBundle(GOOD, Buffer.alloc(128 * MIB))],
  'a bomb of zeros and no archive': ['BUNDLE_TRAILING_DATA', () => gzipSync(Buffer.alloc(128 * MIB))],
  'a bomb in a bomb': ['BUNDLE_TAR_INVALID', () => gzipSync(gzipSync(Buffer.alloc(128 * MIB)))],
  'a bomb in a PAX header': [
    LIMIT,
    () => rawBundle([{ name: 'p', type: 'x', bytes: Buffer.alloc(64 * MIB, 32) }]),
  ],
  'a bomb of metadata': [
    LIMIT,
    () => rawBundle([{ name: `${TOP}/manifest.json`, bytes: Buffer.alloc(17 * MIB, 32) }]),
  ],
  'a bomb of metadata in five files': [
    LIMIT,
    () =>
      rawBundle(
        ['manifest.json', 'registry_entry.json', 'benchmark_summary.json', 'SHA256SUMS', 'model.sig'].map(
          (name) => ({
            name: `${TOP}/${name}`,
            bytes: Buffer.alloc(MAX_METADATA_BYTES / 4, 32),
          }),
        ),
      ),
  ],
  'a bomb of PAX headers': [
    LIMIT,
    () =>
      rawBundle(
        count(2500, (index) => [
          pax({ path: `${TOP}/model/${index}`, uname: 'x'.repeat(16_000) }),
          { name: 'x' },
        ]).flat(),
      ),
  ],
  'a million folders': [
    LIMIT,
    () => gzipSync(repeated(rawTar([{ name: `${TOP}/model/`, type: '5' }], Buffer.alloc(0)), 1_000_000, 64)),
  ],
  'a million files of one name': [
    'BUNDLE_NAME_COLLISION',
    () => gzipSync(repeated(rawTar([{ name: `${TOP}/model/a` }], Buffer.alloc(0)), 1_000_000, 64)),
  ],
  'more files than any bundle': [
    LIMIT,
    () => rawBundle(count(MAX_ENTRIES + 1, (index) => ({ name: `${TOP}/model/${index}` }))),
  ],
  'more folders than any bundle': [
    LIMIT,
    () => rawBundle(count(MAX_ENTRIES + 1, (index) => ({ name: `${TOP}/model/d${index}/`, type: '5' }))),
  ],
  'more folders than any bundle, in few paths': [
    LIMIT,
    () =>
      rawBundle(
        count(100, (index) => [
          pax({ path: `${TOP}/model/${index}/${'d/'.repeat(28)}x` }),
          { name: 'x' },
        ]).flat(),
      ),
  ],
  'as many empty files as a bundle may have, and no list of them': [
    'BUNDLE_ENTRY_MISSING',
    () => rawBundle(count(MAX_ENTRIES - 10, (index) => ({ name: `${TOP}/model/${index}` }))),
  ],
  'as many long names as a bundle may have, and no list of them': [
    'BUNDLE_ENTRY_MISSING',
    () =>
      rawBundle(
        count(MAX_ENTRIES - 10, (index) => [
          pax({ path: `${TOP}/model/${`${'漢'.repeat(84)}/`.repeat(3)}${index}`.normalize('NFC') }),
          { name: 'x' },
        ]).flat(),
      ),
  ],
  'metadata of newlines at the limit': ['BUNDLE_METADATA_INVALID', () => blank('registry_entry.json', 10)],
  'metadata of spaces at the limit': ['BUNDLE_METADATA_INVALID', () => blank('registry_entry.json', 32)],
  'a digest list of newlines at the limit': ['BUNDLE_SUMS_INVALID', () => blank('SHA256SUMS', 10)],
  'metadata of escapes at the limit': [
    'BUNDLE_METADATA_DISAGREES',
    () => withManifest({ registry_entry: { note: '\n'.repeat(NEAR / 2) }, total_size_bytes: 1 }),
  ],
  'metadata of more values than any': [
    'BUNDLE_METADATA_INVALID',
    () => withManifest({ registry_entry: { list: count(100_000, () => 0) } }),
  ],
  'keys made to collide where they are hashed by their value': [
    'BUNDLE_METADATA_DISAGREES',
    () =>
      withManifest({
        registry_entry: Object.fromEntries(
          count(15_000, (index) => [String(1_000_013_824 + index * 65_536), 0]),
        ),
        total_size_bytes: 1,
      }),
  ],
};

/** A Python bundle with one file of its metadata blank, as large as may be. */
function blank(name: string, byte: number): Buffer {
  const files = pythonFiles();
  files.set(name, Buffer.alloc(MAX_METADATA_BYTES - 10_000, byte));
  return rawBundle(toEntries(files));
}

export const FORGED_BOMBS: Attacks = {
  'metadata beyond the limit': [LIMIT, () => forgedText('edge.json', Buffer.alloc(17 * MIB, 32))],
  'metadata of newlines at the limit': [
    'BUNDLE_METADATA_INVALID',
    () => forgedText('edge.json', Buffer.alloc(NEAR, 10)),
  ],
  'metadata of spaces at the limit': [
    'BUNDLE_METADATA_INVALID',
    () => forgedText('edge.json', Buffer.alloc(NEAR, 32)),
  ],
  'a digest list of newlines at the limit': [
    'BUNDLE_SUMS_INVALID',
    () => forgedText('SHA256SUMS', Buffer.alloc(NEAR, 10)),
  ],
  'one number of all digits at the limit': [
    'BUNDLE_METADATA_INVALID',
    () => forgedText('edge.json', Buffer.alloc(NEAR, '1')),
  ],
  'one text of escapes at the limit': [
    'BUNDLE_METADATA_INVALID',
    () => forgedText('edge.json', `"${'\\n'.repeat(NEAR / 2 - 2)}"`),
  ],
  'one key of escapes at the limit, twice': [
    'BUNDLE_METADATA_INVALID',
    () => forgedText('edge.json', `{"${'\\n'.repeat(NEAR / 4 - 10)}":0,"${'\\n'.repeat(NEAR / 4 - 10)}":0}`),
  ],
  'empty objects beyond the limit': [
    'BUNDLE_METADATA_INVALID',
    () => forgedText('edge.json', `[${'{},'.repeat(NEAR / 3 - 10)}{}]`),
  ],
  'brackets beyond the limit': [
    'BUNDLE_METADATA_INVALID',
    () => forgedText('edge.json', Buffer.alloc(NEAR, '[')),
  ],
  'a signature beyond the limit': [
    LIMIT,
    () => forged({ files: (files) => files.set('model.sig', noise(9 * MIB)) }),
  ],
  'metadata that say so of another model': [
    'BUNDLE_METADATA_DISAGREES',
    () =>
      forged({
        edit: {
          'manifest.json': (value) => (value['registry_entry'] = { list: count(15_000, () => ({})) }),
          'edge.json': (value) =>
            (value['more'] = { list: count(15_000, () => ({})), text: '漢'.repeat(NEAR / 4) }),
        },
      }),
  ],
};

/** Bytes that leave room for the other metadata, and that every pattern here fills evenly. */
const NEAR = Math.floor((0.98 * MAX_METADATA_BYTES) / 12) * 12;

function repeated(block: Buffer, times: number, groups: number): Buffer {
  const group = Buffer.concat(count(Math.ceil(times / groups / 100), () => block));
  return Buffer.concat(count(groups, () => group));
}
