/** What stands around and behind the archive: gzip headers, members (which many readers join silently), end blocks, slack. */
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { bundleBytes, noise, rawBundle, rawTar } from '../unit/bundle/bundle-fixtures.ts';
import { formatMember } from '../../src/bundle/gzip-frame.ts';
import { forged, GOOD, type Attacks } from './attack.ts';

const TRAILING = 'BUNDLE_TRAILING_DATA';
const good = (): Buffer => rawBundle(GOOD);
/** The header that Python writes, with these flags and what they promise. */
const withHeader = (flags: number, more: Uint8Array): Buffer =>
  Buffer.concat([good().subarray(0, 3), Buffer.of(flags), good().subarray(4, 10), more, good().subarray(10)]);
const cut = (bytes: Buffer, from: number, put: Uint8Array, length = put.length): Buffer =>
  Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + length)]);

export const GZIP_MEMBERS: Attacks = {
  'a second, empty gzip member': [TRAILING, () => Buffer.concat([good(), gzipSync(Buffer.alloc(0))])],
  'a second gzip member with an archive': [TRAILING, () => Buffer.concat([good(), good()])],
  'an empty gzip member before': [TRAILING, () => Buffer.concat([gzipSync(Buffer.alloc(0)), good()])],
  'an archive split over two gzip members': [
    TRAILING,
    () => Buffer.concat([gzipSync(rawTar(GOOD).subarray(0, 1024)), gzipSync(rawTar(GOOD).subarray(1024))]),
  ],
  'a byte behind the gzip member': [TRAILING, () => Buffer.concat([good(), Buffer.of(1)])],
  'zeros behind the gzip member': [TRAILING, () => Buffer.concat([good(), Buffer.alloc(512)])],
  'a ZIP archive behind the gzip member': [
    TRAILING,
    () => Buffer.concat([good(), Buffer.from('PK\u0005\u0006'), Buffer.alloc(18)]),
  ],
  'a GGUF behind the gzip member': [
    TRAILING,
    () => Buffer.concat([good(), Buffer.from('GGUF'), noise(1000)]),
  ],
  'bytes after the end blocks': [
    TRAILING,
    () => rawBundle(GOOD, Buffer.concat([Buffer.alloc(1024), Buffer.from('hidden')])),
  ],
  'zeros far beyond the last record': [TRAILING, () => rawBundle(GOOD, Buffer.alloc(21 * 512 + 1))],
  'an archive after the archive': [
    TRAILING,
    () => rawBundle(GOOD, Buffer.concat([Buffer.alloc(1024), rawTar(GOOD)])),
  ],
  'an archive after one end block': [
    TRAILING,
    () => rawBundle(GOOD, Buffer.concat([Buffer.alloc(512), rawTar(GOOD)])),
  ],
  'one end block': ['BUNDLE_TRUNCATED', () => rawBundle(GOOD, Buffer.alloc(512))],
  'no end block': ['BUNDLE_TRUNCATED', () => rawBundle(GOOD, Buffer.alloc(0))],
  'a gzip header with an extra field': ['BUNDLE_NOT_CANONICAL', () => withHeader(4, Buffer.of(0, 0))],
  'a gzip header with a comment': ['BUNDLE_NOT_CANONICAL', () => withHeader(16, Buffer.from('rm -rf /\0'))],
  'a gzip header with a checksum': ['BUNDLE_NOT_CANONICAL', () => withHeader(2, Buffer.of(0, 0))],
  'a gzip header with a reserved flag': ['BUNDLE_NOT_CANONICAL', () => withHeader(32, Buffer.alloc(0))],
  'an encrypted gzip member (flag of old)': [
    'BUNDLE_NOT_CANONICAL',
    () => withHeader(0x20, Buffer.alloc(12)),
  ],
  'a gzip name without end': [
    'BUNDLE_NOT_CANONICAL',
    () => Buffer.concat([Buffer.from('1f8b0808000000000003', 'hex'), Buffer.alloc(5000, 65)]),
  ],
  'another method than deflate': ['BUNDLE_NOT_A_BUNDLE', () => cut(good(), 2, Buffer.of(7))],
  'a zlib stream': [
    'BUNDLE_NOT_A_BUNDLE',
    () => Buffer.concat([Buffer.from('789c', 'hex'), deflateRawSync(rawTar(GOOD))]),
  ],
  'an archive that is not compressed': ['BUNDLE_NOT_A_BUNDLE', () => rawTar(GOOD)],
  'a wrong CRC-32': ['BUNDLE_CORRUPT', () => cut(good(), good().length - 8, Buffer.of(1, 2, 3, 4))],
  'a wrong length': ['BUNDLE_CORRUPT', () => cut(good(), good().length - 4, Buffer.of(1, 2, 3, 4))],
  'a length of zero': ['BUNDLE_CORRUPT', () => cut(good(), good().length - 4, Buffer.alloc(4))],
  'a reference before the first byte': [
    'BUNDLE_CORRUPT',
    () =>
      Buffer.concat([
        Buffer.from('1f8b0800000000000003', 'hex'),
        Buffer.of(0x4b, 0x04, 0xa2, 0x00),
        Buffer.alloc(8),
      ]),
  ],
  'a preset of deflate that does not exist': [
    'BUNDLE_CORRUPT',
    () => Buffer.concat([Buffer.from('1f8b0800000000000003', 'hex'), Buffer.of(0x07), Buffer.alloc(20)]),
  ],
  'nothing at all': ['BUNDLE_NOT_A_BUNDLE', () => Buffer.alloc(0)],
  'a gzip header and no more': ['BUNDLE_TRUNCATED', () => Buffer.from('1f8b0800000000000003', 'hex')],
  'an empty gzip member': ['BUNDLE_TRUNCATED', () => gzipSync(Buffer.alloc(0))],
  'a text that is no tar': ['BUNDLE_TAR_INVALID', () => gzipSync(Buffer.alloc(4096, 'hello '))],
};

const parts = async (): Promise<readonly [Buffer, Buffer]> => {
  const bytes = await bundleBytes();
  return [bytes.subarray(0, 65_536), bytes.subarray(65_536)];
};

export const FORGED_MEMBERS: Attacks = {
  'members swapped': ['BUNDLE_NOT_CANONICAL', async () => Buffer.concat((await parts()).toReversed())],
  'the metadata twice': [
    'BUNDLE_NOT_CANONICAL',
    async () => {
      const [metadata, model] = await parts();
      return forgedEnd(Buffer.concat([metadata, metadata]), model);
    },
  ],
  'the model twice': [TRAILING, async () => Buffer.concat([...(await parts()), (await parts())[1]])],
  'an empty member between': [
    TRAILING,
    async () => {
      const [metadata, model] = await parts();
      return Buffer.concat([metadata, formatMember(new Uint8Array()), model]);
    },
  ],
  'an empty member behind': [
    TRAILING,
    async () => Buffer.concat([...(await parts()), formatMember(new Uint8Array())]),
  ],
  'an empty member before': [
    'BUNDLE_ENTRY_MISSING',
    async () => Buffer.concat([formatMember(new Uint8Array()), ...(await parts())]),
  ],
  'no model': ['BUNDLE_TRUNCATED', async () => (await parts())[0]],
  'the model compressed': [
    'BUNDLE_TRUNCATED',
    async () => {
      const [metadata, model] = await parts();
      return Buffer.concat([metadata, gzipSync(model.subarray(15, -8))]);
    },
  ],
  'the metadata compressed': [
    'BUNDLE_DOWNGRADE',
    async () => {
      const [metadata, model] = await parts();
      const payload = metadata.subarray(15, 15 + metadata.readUInt16LE(11));
      return Buffer.concat([gzipSync(payload), model]);
    },
  ],
  'the blocks of the model cut elsewhere': [
    TRAILING,
    async () => {
      const [metadata, model] = await parts();
      const payload = model.subarray(15, -8);
      const trailer = model.subarray(-8);
      const block = (bytes: Uint8Array, final: number): Buffer => {
        const head = Buffer.of(final, 0, 0, 0, 0);
        head.writeUInt16LE(bytes.length, 1);
        head.writeUInt16LE(~bytes.length & 0xffff, 3);
        return Buffer.concat([head, bytes]);
      };
      const [first, last] = [payload.subarray(0, 1000), payload.subarray(1000)];
      return Buffer.concat([metadata, model.subarray(0, 10), block(first, 0), block(last, 1), trailer]);
    },
  ],
  'a block of metadata with reserved bits': [
    'BUNDLE_DOWNGRADE',
    async () => {
      const bytes = Buffer.concat(await parts());
      bytes[3] = 8;
      return Buffer.concat([bytes.subarray(0, 10), Buffer.of(0), bytes.subarray(10)]);
    },
  ],
  'another CRC-32 of the model': [
    'BUNDLE_CORRUPT',
    async () => {
      const [metadata, model] = await parts();
      model.writeUInt32LE(crc32('x'), model.length - 8);
      return Buffer.concat([metadata, model]);
    },
  ],
  'a fill of something': [
    'BUNDLE_NOT_CANONICAL',
    () =>
      forged({
        region: (region) => {
          region[region.length - 100] = 1;
          return region;
        },
      }),
  ],
};

/** The same length as before, so that only the order is wrong. */
function forgedEnd(start: Buffer, model: Buffer): Buffer {
  return Buffer.concat([start, model]).subarray(0, 65_536 + model.length);
}
