/**
 * Names that lead out of the folder, or to a place of another system: CVE-2001-1267 (GNU tar), CVE-2007-4559 (Python's tarfile),
 * CVE-2021-32804 and CVE-2021-37713 (node-tar: absolute and drive-relative paths), and what was named Zip Slip.
 */
import { gzipSync } from 'node:zlib';
import { noise, pax, rawTar, TOP, type RawEntry } from '../unit/bundle/bundle-fixtures.ts';
import { forged, forgedPaths, GOOD, withManifest, withMore, type Attacks } from './attack.ts';

const UNSAFE = 'BUNDLE_NAME_UNSAFE';

/** As a name in the header, as a PAX path, and in the lists of a format-2 bundle. */
const BELOW_TOP: Readonly<Record<string, string>> = {
  'a path that climbs out': 'model/../../../etc/cron.d/x',
  'a path that climbs out and comes back': `model/../../${TOP}/model/x`,
  'a path with a part for the current folder': 'model/./x',
  'an empty part': 'model//x',
  'a drive letter': 'model/C:/x',
  'a drive-relative path': 'model/C:../x',
  'an alternate data stream': 'model/a:b',
  'a backslash': 'model/..\\..\\x',
  'a network path': 'model/\\\\host\\share',
  'a control character': 'model/a\tb',
  'an escape sequence': 'model/\u001b[2Jx',
  'a C1 control character': 'model/\u009b2Jx',
  'a bidi override': 'model/\u202efugg',
  'a zero-width letter': 'model/a\u200bb',
  'a filler that is drawn as nothing': 'model/a\u3164',
  'a line separator': 'model/a\u2028b',
  'a trailing dot': 'model/a.',
  'a trailing space': 'model/a ',
  'a folder of spaces': 'model/ /x',
  'a device of Windows': 'model/aux.gguf',
  'a console of Windows': 'model/CONOUT$',
  'a device with a superscript': 'model/COM¹',
  'dots of full width': 'model/．．/x',
  'a device in full width': 'model/ＮＵＬ',
};

const twice = Object.fromEntries(
  Object.entries(BELOW_TOP).flatMap(([title, path]) => [
    [title, [UNSAFE, () => withMore({ name: `${TOP}/${path}` })] as const],
    [
      `${title}, in a PAX record`,
      [UNSAFE, () => withMore(pax({ path: `${TOP}/${path}` }), { name: 'x' })] as const,
    ],
    [`${title}, as a folder`, [UNSAFE, () => withMore({ name: `${TOP}/${path}/`, type: '5' })] as const],
  ]),
);

export const TAR_NAMES: Attacks = {
  ...twice,
  'a path that climbs out in the prefix': [UNSAFE, () => withMore({ name: 'x', prefix: `${TOP}/..` })],
  'an absolute prefix': [UNSAFE, () => withMore({ name: 'passwd', prefix: '/etc' })],
  'an absolute path': [UNSAFE, () => withMore({ name: '/etc/passwd' })],
  'an absolute path in a PAX record': [UNSAFE, () => withMore(pax({ path: '/etc/passwd' }), { name: 'x' })],
  'an absolute path behind slashes': [UNSAFE, () => withMore({ name: '///etc/passwd' })],
  'an empty name': [UNSAFE, () => withMore({ name: '' })],
  'an empty PAX path': [UNSAFE, () => withMore(pax({ path: '' }), { name: 'x' })],
  'a file with the slash of a folder (tar of 1979)': [
    UNSAFE,
    () => withMore({ name: `${TOP}/model/d/`, type: '\0' }),
  ],
  'a line break': [UNSAFE, () => withMore({ name: `${TOP}/model/a\nb` })],
  'a NUL inside a name': ['BUNDLE_TAR_INVALID', () => withMore({ name: `${TOP}/model/a\0b` })],
  'a NUL inside a PAX path': [
    'BUNDLE_TAR_INVALID',
    () => withMore(pax({ path: `${TOP}/a\0b` }), { name: 'x' }),
  ],
  'a name that is no UTF-8': ['BUNDLE_TAR_INVALID', () => withLatin1Name()],
  'a second top folder': [UNSAFE, () => withMore({ name: 'other/x' })],
  'a top folder of another case': [UNSAFE, () => withMore({ name: `${TOP.toUpperCase()}/model/x` })],
  'a file beside the top folder': [UNSAFE, () => withMore({ name: 'x' })],
  'a current-folder prefix': [UNSAFE, () => withMore({ name: `./${TOP}/x` })],
  'a path of 2,000 bytes': ['BUNDLE_LIMIT', () => withMore(...named(`${'a/'.repeat(1000)}x`))],
  'forty folders deep (CVE-2024-28863, node-tar)': [
    'BUNDLE_LIMIT',
    () => withMore(...named(`${'a/'.repeat(40)}x`)),
  ],
  'a name of 300 bytes': ['BUNDLE_LIMIT', () => withMore(...named(`model/${'n'.repeat(300)}`))],
  'a name that grows eighteenfold when it is folded': [
    'BUNDLE_LIMIT',
    () => withMore(...named(`model/${'ﷺ'.repeat(80)}`)),
  ],
  'an unlisted file in model/': [
    'BUNDLE_ENTRY_UNLISTED',
    () => withMore({ name: `${TOP}/model/more`, bytes: noise(5) }),
  ],
  'an unlisted file elsewhere': [
    'BUNDLE_ENTRY_UNLISTED',
    () => withMore({ name: `${TOP}/install.sh`, bytes: noise(5) }),
  ],
  'an unlisted hidden file': [
    'BUNDLE_ENTRY_UNLISTED',
    () => withMore({ name: `${TOP}/.bashrc`, bytes: noise(5) }),
  ],
  'a folder that is no part of a bundle': [
    'BUNDLE_ENTRY_UNLISTED',
    () => withMore({ name: `${TOP}/.ssh/`, type: '5' }),
  ],
  'a manifest with a path that climbs out': [
    UNSAFE,
    () => withManifest({ files: { 'model/../x': 'a'.repeat(64) } }),
  ],
};

export const FORGED_NAMES: Attacks = {
  ...Object.fromEntries(
    Object.entries(BELOW_TOP).map(([title, path]) => [title, [UNSAFE, () => forgedPaths(path)] as const]),
  ),
  'an absolute path': ['BUNDLE_NAME_UNSAFE', () => forgedPaths('/etc/passwd')],
  'a file beside the model': ['BUNDLE_METADATA_INVALID', () => forgedPaths('install.sh')],
  'a path of 2,000 bytes': ['BUNDLE_LIMIT', () => forgedPaths(`model/${'a/'.repeat(1000)}x`)],
  'forty folders deep': ['BUNDLE_LIMIT', () => forgedPaths(`model/${'a/'.repeat(40)}x`)],
  'a name that grows eighteenfold when it is folded': [
    'BUNDLE_LIMIT',
    () => forgedPaths(`model/${'ﷺ'.repeat(80)}`),
  ],
  'a top folder that climbs out': [
    'BUNDLE_METADATA_DISAGREES',
    () => forged({ layout: { topFolder: '..' } }),
  ],
  'an absolute top folder': ['BUNDLE_METADATA_DISAGREES', () => forged({ layout: { topFolder: '/etc' } })],
};

function named(path: string): readonly RawEntry[] {
  return [pax({ path: `${TOP}/${path}` }), { name: 'x' }];
}

/** A byte that is no UTF-8, its checksum right. */
function withLatin1Name(): Buffer {
  const tar = rawTar([...GOOD, { name: 'x' }]);
  const at = tar.length - 1024 - 512;
  tar[at] = 0xff;
  const sum = Number.parseInt(tar.toString('latin1', at + 148, at + 154), 8) + 0xff - 0x78;
  tar.write(sum.toString(8).padStart(6, '0'), at + 148);
  return gzipSync(tar);
}
