/**
 * Two names that some file system takes for one: CVE-2021-37701 and CVE-2021-37712 (node-tar: case and Unicode form),
 * CVE-2026-23950 (node-tar: ß and ligatures).
 */
import { noise, pax, TOP } from '../unit/bundle/bundle-fixtures.ts';
import { forgedPaths, listed, MODEL, withMore, type Attacks } from './attack.ts';

const COLLISION = 'BUNDLE_NAME_COLLISION';

const PAIRS: Readonly<Record<string, readonly [string, string]>> = {
  'two names that differ by case': ['model/a.gguf', 'model/A.gguf'],
  'two folders that differ by case': ['model/sub/a', 'model/SUB/b'],
  'two names that differ by a ligature': ['model/ﬁle', 'model/file'],
  'two names that differ by a long ligature': ['model/ﬃ', 'model/FFI'],
  'two names that differ by Unicode form': ['model/\u00e9', 'model/e\u0301'],
  'two names that differ by compatibility form': ['model/①', 'model/1'],
  'two names that differ by width': ['model/ａ', 'model/a'],
  'a sharp s and two': ['model/ß', 'model/ss'],
  'a capital sharp s and a small one': ['model/ẞ', 'model/ß'],
  'a capital sharp s and two': ['model/ẞ', 'model/SS'],
  'a dotless i and an I': ['model/ı', 'model/I'],
  'a Kelvin sign and a k': ['model/\u212a', 'model/k'],
  'an Ångström sign and an å': ['model/\u212b', 'model/å'],
  'a final sigma and another': ['model/ς', 'model/σ'],
  'a long s and an s': ['model/ſ', 'model/s'],
  'Hangul as syllables and as letters': ['model/한', 'model/\u1112\u1161\u11ab'],
  'a space and one that does not break': ['model/a b', 'model/a\u00a0b'],
  'a file that is a folder of another': ['model/a', 'model/A/b'],
  'a folder of another file that is a file': ['model/A/b', 'model/a'],
};

const bytes = ([a, b]: readonly [string, string]): Record<string, Uint8Array> => ({
  [a]: noise(5),
  [b]: noise(6),
});

export const NAME_COLLISIONS: Attacks = {
  ...Object.fromEntries(
    Object.entries(PAIRS).map(([title, pair]) => [title, [COLLISION, () => listed(bytes(pair))] as const]),
  ),
  'a file twice': [COLLISION, () => withMore({ name: MODEL, bytes: noise(3000) })],
  'a file twice, once by PAX': [
    COLLISION,
    () => withMore(pax({ path: MODEL }), { name: 'x', bytes: noise(3000) }),
  ],
  'a file twice, once by its prefix': [
    COLLISION,
    () => withMore({ prefix: `${TOP}/model`, name: 'model-q4_0.gguf', bytes: noise(3000) }),
  ],
  'the digest list twice': [COLLISION, () => withMore({ name: `${TOP}/SHA256SUMS`, bytes: noise(10) })],
  'the manifest twice': [COLLISION, () => withMore({ name: `${TOP}/manifest.json`, bytes: noise(10) })],
  'a folder in place of the model': [COLLISION, () => withMore({ name: `${MODEL}/`, type: '5' })],
  'a folder that differs by case': [COLLISION, () => withMore({ name: `${TOP}/MODEL/`, type: '5' })],
  'metadata of another case': [COLLISION, () => withMore({ name: `${TOP}/Manifest.json`, bytes: noise(10) })],
};

export const FORGED_COLLISIONS: Attacks = Object.fromEntries(
  Object.entries(PAIRS).map(([title, pair]) => [title, [COLLISION, () => forgedPaths(...pair)] as const]),
);
