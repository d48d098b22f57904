/**
 * Headers about headers: CVE-2025-62518 (async-tar and its forks: the size of PAX against that of the header), CVE-2026-53655
 * (node-tar: PAX records that hit a header in between), CVE-2019-20907 (Python's tarfile: a record of length 0), CVE-2022-2879
 * (Go: a header of any length), CVE-2025-58183 (Go: sparse maps).
 */
import { noise, pax, rawBundle, TOP, type RawEntry } from '../unit/bundle/bundle-fixtures.ts';
import { GOOD, MODEL, withMore, type Attacks } from './attack.ts';

const FORBIDDEN = 'BUNDLE_ENTRY_FORBIDDEN';
const INVALID = 'BUNDLE_TAR_INVALID';
const FILE: RawEntry = { name: `${TOP}/model/l` };
const records = (text: string, type = 'x'): RawEntry => ({
  name: 'p',
  type,
  bytes: Buffer.from(text, 'latin1'),
});

export const PAX_AND_GNU: Attacks = {
  'a GNU long name': [FORBIDDEN, () => withMore(records('x\0', 'L'), FILE)],
  'a GNU long link': [FORBIDDEN, () => withMore(records('/etc\0', 'K'), FILE)],
  'a GNU long name without end': [
    FORBIDDEN,
    () => withMore({ ...records('x', 'L'), size: '77777777777\0' }, FILE),
  ],
  'an old GNU long name': [FORBIDDEN, () => withMore(records('x\0', 'N'), FILE)],
  'a GNU sparse file': [FORBIDDEN, () => withMore({ ...FILE, type: 'S' })],
  'a GNU magic': [INVALID, () => withMore({ ...FILE, magic: 'ustar ' })],
  'no magic (tar of 1979)': [INVALID, () => withMore({ ...FILE, magic: '\0\0\0\0\0\0' })],
  'a global PAX header': [FORBIDDEN, () => withMore({ ...pax({ path: 'x' }), type: 'g' }, FILE)],
  'a PAX header for a PAX header': [FORBIDDEN, () => withMore(pax({ path: 'x' }), pax({ path: 'y' }), FILE)],
  'a PAX header for a GNU long name': [
    FORBIDDEN,
    () => withMore(pax({ path: `${TOP}/model/x` }), records('y\0', 'L'), FILE),
  ],
  'a PAX header for a global one': [FORBIDDEN, () => withMore(pax({ mtime: '1' }), records('', 'g'), FILE)],
  'a PAX header for the end of the archive': [INVALID, () => withMore(pax({ path: 'x' }))],
  'a PAX sparse record': [FORBIDDEN, () => withMore(pax({ 'GNU.sparse.realsize': '99' }), FILE)],
  'a PAX sparse map': [FORBIDDEN, () => withMore(pax({ 'GNU.sparse.map': '0,1,2,3' }), FILE)],
  'a PAX sparse name': [FORBIDDEN, () => withMore(pax({ 'GNU.sparse.name': '/etc/passwd' }), FILE)],
  'an access list': [FORBIDDEN, () => withMore(pax({ 'SCHILY.acl.access': 'user::rwx' }), FILE)],
  'an extended attribute': [
    FORBIDDEN,
    () => withMore(pax({ 'SCHILY.xattr.security.capability': 'x' }), FILE),
  ],
  'a PAX character set': [FORBIDDEN, () => withMore(pax({ hdrcharset: 'BINARY' }), FILE)],
  'a PAX keyword of an object': [FORBIDDEN, () => withMore(pax({ __proto__x: '1' }), FILE)],
  'a PAX keyword that moves the cursor': [FORBIDDEN, () => withMore(pax({ '\u001b[2J': '1' }), FILE)],
  'a PAX record of the wrong length': [INVALID, () => withMore(records('99 path=x\n'), FILE)],
  'a PAX record of length 0': [INVALID, () => withMore(records('0 path=x\n'), FILE)],
  'a PAX record shorter than itself': [INVALID, () => withMore(records('1 path=x\n'), FILE)],
  'a PAX record of a negative length': [INVALID, () => withMore(records('-9 path=x\n'), FILE)],
  'a PAX record with a sign': [INVALID, () => withMore(records('+10 path=x\n'), FILE)],
  'a PAX record of a length past 2^53': [INVALID, () => withMore(records('9007199254740993 path=x\n'), FILE)],
  'a PAX record without a newline': [INVALID, () => withMore(records('9 path=xy'), FILE)],
  'a PAX record without a key': [INVALID, () => withMore(records('6 =ab\n'), FILE)],
  'a PAX record that is no record': [
    INVALID,
    () => withMore({ ...FILE, type: 'x', bytes: noise(100) }, FILE),
  ],
  'zeros behind a PAX record': [INVALID, () => withMore(records(`10 path=x\n${'\0'.repeat(20)}`), FILE)],
  'a PAX path that is no UTF-8': [INVALID, () => withMore(records('10 path=\xff\n'), FILE)],
  'a PAX keyword with a NUL': [FORBIDDEN, () => withMore(records('11 path\0=x\n'), FILE)],
  'the same PAX keyword twice': [INVALID, () => withMore(records('10 path=x\n10 path=y\n'), FILE)],
  'a PAX size in place of the one in the header, the archive sound for whoever goes by it': [
    INVALID,
    () =>
      rawBundle(
        GOOD.flatMap((entry) =>
          entry.name === MODEL ? [pax({ size: '3000' }), { ...entry, size: '00000000000\0' }] : [entry],
        ),
      ),
  ],
  'a size in the header and another in the PAX record': [
    INVALID,
    () => withMore(pax({ size: '5' }), { ...FILE, bytes: noise(600) }),
  ],
  'a PAX size of 8 GiB beside one in the header': [
    INVALID,
    () => withMore(pax({ size: String(8 ** 11) }), { ...FILE, bytes: noise(600) }),
  ],
  'a folder whose size only PAX says': [
    FORBIDDEN,
    () => withMore(pax({ size: String(8 ** 11) }), { name: `${TOP}/model/d/`, type: '5' }),
  ],
  'a negative PAX size': [INVALID, () => withMore(pax({ size: '-1' }), FILE)],
  'a PAX size with a fraction': [INVALID, () => withMore(pax({ size: '8589934592.5' }), FILE)],
  'a PAX size in base 16': [INVALID, () => withMore(pax({ size: '0x200000000' }), FILE)],
  'a PAX size past 2^53': [INVALID, () => withMore(pax({ size: '9007199254740993' }), FILE)],
  'a PAX size of 8 GiB with no bytes behind it': [
    'BUNDLE_TRUNCATED',
    () => withMore(pax({ size: String(8 ** 11) }), FILE),
  ],
  'a PAX header of a megabyte': [
    'BUNDLE_LIMIT',
    () => withMore({ name: 'p', type: 'x', bytes: Buffer.alloc(2 ** 20, 32) }, FILE),
  ],
  'a PAX header of 8 GiB': [
    'BUNDLE_LIMIT',
    () => withMore({ name: 'p', type: 'x', size: '77777777777\0' }, FILE),
  ],
};
