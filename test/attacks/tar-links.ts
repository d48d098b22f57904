/**
 * Entries that are no files: CVE-2018-20834, CVE-2021-32803 and CVE-2021-37701 (node-tar), CVE-2024-12905, CVE-2025-48387 and
 * CVE-2025-59343 (tar-fs), CVE-2025-4138, CVE-2025-4330, CVE-2025-4517 (the filters of Python's tarfile), CVE-2025-45582 (GNU tar,
 * through an archive before).
 */
import { noise, pax, TOP, type RawEntry } from '../unit/bundle/bundle-fixtures.ts';
import { forged, MODEL, withMore, type Attacks } from './attack.ts';

const FORBIDDEN = 'BUNDLE_ENTRY_FORBIDDEN';
const at = (name: string, type: string, link = ''): RawEntry => ({
  name: `${TOP}/model/${name}`,
  type,
  link,
});

export const TAR_LINKS: Attacks = {
  'a symbolic link': [FORBIDDEN, () => withMore(at('l', '2', '/etc'))],
  'a symbolic link inside the bundle': [FORBIDDEN, () => withMore(at('l', '2', 'model-q4_0.gguf'))],
  'a symbolic link to a folder, then a file through it': [
    FORBIDDEN,
    () => withMore(at('l', '2', '../../..'), { name: `${TOP}/model/l/x` }),
  ],
  'a chain of links that climbs a folder each': [
    FORBIDDEN,
    () =>
      withMore(
        ...'abcdefgh'
          .split('')
          .map((name, index) => at(name, '2', index === 0 ? '..' : `${'abcdefgh'[index - 1]}/..`)),
      ),
  ],
  'a folder that becomes a link': [
    FORBIDDEN,
    () =>
      withMore({ name: `${TOP}/model/d/`, type: '5' }, at('d', '2', '/tmp'), { name: `${TOP}/model/d/x` }),
  ],
  'a link that takes the place of the model': [
    FORBIDDEN,
    () => withMore({ name: MODEL, type: '2', link: '/etc/passwd' }),
  ],
  'a link whose target only PAX says': [FORBIDDEN, () => withMore(pax({ linkpath: '/etc' }), at('l', '2'))],
  'a PAX link for a file': [FORBIDDEN, () => withMore(pax({ linkpath: '/etc' }), at('l', '0'))],
  'a link of a kilobyte': [FORBIDDEN, () => withMore(pax({ linkpath: 'a/'.repeat(2000) }), at('l', '2'))],
  'a hard link': [FORBIDDEN, () => withMore(at('l', '1', MODEL))],
  'a hard link out of the folder': [FORBIDDEN, () => withMore(at('l', '1', '/etc/shadow'))],
  'a hard link with content': [FORBIDDEN, () => withMore({ ...at('l', '1', MODEL), bytes: noise(700) })],
  'a character device': [FORBIDDEN, () => withMore(at('l', '3'))],
  'a block device': [FORBIDDEN, () => withMore(at('l', '4'))],
  'a pipe': [FORBIDDEN, () => withMore(at('l', '6'))],
  'a contiguous file': [FORBIDDEN, () => withMore(at('l', '7'))],
  'a Solaris header': [FORBIDDEN, () => withMore(at('l', 'X'))],
  'a dump folder of GNU tar': [FORBIDDEN, () => withMore(at('l', 'D'))],
  'the continuation of another volume': [FORBIDDEN, () => withMore(at('l', 'M'))],
  'a volume label': [FORBIDDEN, () => withMore(at('l', 'V'))],
  'a type that does not exist': [FORBIDDEN, () => withMore(at('l', '\u001b'))],
  'a folder with content': [
    FORBIDDEN,
    () => withMore({ name: `${TOP}/model/d/`, type: '5', bytes: noise(5) }),
  ],
};

/** The type byte of the only file of the model. */
const typed = (type: number): (() => Promise<Buffer>) => {
  return () =>
    forged({
      payload: (payload) => Buffer.concat([payload.subarray(0, 156), Buffer.of(type), payload.subarray(157)]),
    });
};

export const FORGED_LINKS: Attacks = Object.fromEntries(
  Object.entries({
    'a hard link': 0x31,
    'a symbolic link': 0x32,
    'a character device': 0x33,
    'a block device': 0x34,
    'a folder': 0x35,
    'a pipe': 0x36,
    'a PAX header': 0x78,
    'a GNU long name': 0x4c,
    'the old form of a file': 0,
  }).map(([title, type]) => [
    `${title} in place of the model`,
    ['BUNDLE_NOT_CANONICAL', typed(type)] as const,
  ]),
);
