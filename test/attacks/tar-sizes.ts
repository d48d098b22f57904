/** Numbers of a tar header: base-256 (CVE-2022-48303, GNU tar), negative (CVE-2025-8194, Python's tarfile), wrong and past the end. */
import { noise, TOP, type RawEntry } from '../unit/bundle/bundle-fixtures.ts';
import { forged, forgedJson, withMore, type Attacks } from './attack.ts';
import type { JsonObject } from '../../src/core/index.ts';

const INVALID = 'BUNDLE_TAR_INVALID';
const sized = (size: string, bytes?: Uint8Array): RawEntry => ({
  name: `${TOP}/model/l`,
  size,
  ...(bytes === undefined ? {} : { bytes }),
});
const field = (...bytes: readonly number[]): string => Buffer.from(bytes).toString('latin1');

export const TAR_SIZES: Attacks = {
  'a base-256 size': [INVALID, () => withMore(sized(field(0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b, 0xb8)))],
  'a base-256 size past 2^64': [
    INVALID,
    () => withMore(sized(field(0x80, ...Array.from({ length: 11 }, () => 0xff)))),
  ],
  'a negative size': [INVALID, () => withMore(sized(field(...Array.from({ length: 12 }, () => 0xff))))],
  'a negative octal size': [INVALID, () => withMore(sized('-0000000512\0'))],
  'a size that is no number': [INVALID, () => withMore(sized('0000000009x\0'))],
  'a size with an eight': [INVALID, () => withMore(sized('00000000008\0'))],
  'an empty size': [INVALID, () => withMore(sized('\0\0\0\0\0\0\0\0\0\0\0\0'))],
  'a size of spaces': [INVALID, () => withMore(sized('            '))],
  'a size that goes on behind a NUL': [INVALID, () => withMore(sized('0000\x00001000\0', noise(512)))],
  'a size that goes on behind a space': [INVALID, () => withMore(sized('0000 0001000', noise(512)))],
  'a size in base 16': [INVALID, () => withMore(sized('0x000000200\0'))],
  'a wrong checksum': [INVALID, () => withMore({ name: `${TOP}/model/l`, checksum: '000001\0 ' })],
  'no checksum': [INVALID, () => withMore({ name: `${TOP}/model/l`, checksum: '        ' })],
  'an 8 GiB size with no bytes behind it': ['BUNDLE_TRUNCATED', () => withMore(sized('77777777777\0'))],
  'a 64 GiB size in twelve digits': ['BUNDLE_TRUNCATED', () => withMore(sized('777777777777'))],
  'a size that swallows the end': ['BUNDLE_TRUNCATED', () => withMore(sized('00000002000\0'))],
  'a size that leaves content behind': [INVALID, () => withMore(sized('00000001000\0', noise(1024)))],
};

const artifact = (fields: JsonObject): (() => Promise<Buffer>) => {
  return () =>
    forgedJson(
      'edge.json',
      (value) => (value['artifact'] = { ...(value['artifact'] as JsonObject), ...fields }),
    );
};

export const FORGED_SIZES: Attacks = {
  'a negative size': ['BUNDLE_METADATA_INVALID', artifact({ size_bytes: -1 })],
  'a size with a fraction': ['BUNDLE_METADATA_INVALID', artifact({ size_bytes: 1.5 })],
  'a size past 2^53': ['BUNDLE_METADATA_INVALID', artifact({ size_bytes: 2 ** 53 })],
  'a size that is text': ['BUNDLE_METADATA_INVALID', artifact({ size_bytes: '1' })],
  'a file larger than any disk': [
    'BUNDLE_METADATA_INVALID',
    artifact({ files: [{ path: 'model/x', size_bytes: 2 ** 50 }] }),
  ],
  'a size that does not add up': ['BUNDLE_METADATA_DISAGREES', artifact({ size_bytes: 1 })],
  'a base-256 size in the header': [
    'BUNDLE_NOT_CANONICAL',
    () => forged({ payload: put(124, '\x80\0\0\0') }),
  ],
  'a wrong checksum in the header': ['BUNDLE_NOT_CANONICAL', () => forged({ payload: put(148, '7') })],
};

function put(offset: number, text: string): (payload: Buffer) => Buffer {
  return (payload) => {
    payload.write(text, offset, 'latin1');
    return payload;
  };
}
