/** Files that a model directory may hold, honest and hostile, built byte by byte. */
import { crc32, deflateRawSync } from 'node:zlib';

const NOTHING: Uint8Array = new Uint8Array(0);
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** `os.system('id')` in each protocol, as pickle.dumps of an object with __reduce__ writes it. */
export function pickleBytes(protocol: 0 | 1 | 2 | 3 | 4 | 5): Buffer {
  if (protocol === 0) return latin1('cposix\nsystem\np0\n(Vid\np1\ntp2\nRp3\n.');
  if (protocol === 1) return latin1('cposix\nsystem\nq\x00(X\x02\x00\x00\x00idq\x01tq\x02Rq\x03.');
  if (protocol <= 3) {
    return latin1(
      `\x80${String.fromCharCode(protocol)}cposix\nsystem\nq\x00X\x02\x00\x00\x00idq\x01\x85q\x02Rq\x03.`,
    );
  }
  const body = '\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94.';
  return latin1(
    `\x80${String.fromCharCode(protocol)}\x95${String.fromCharCode(body.length)}\0\0\0\0\0\0\0${body}`,
  );
}

/** One member, deflated. */
export function zipBytes(name: string, content: Uint8Array): Buffer {
  const data = deflateRawSync(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([latin1('PK\x03\x04'), common, latin1(name), data]);
  const central = Buffer.concat([latin1('PK\x01\x02\x14\x00'), common, Buffer.alloc(14), latin1(name)]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

/** One member, as torch.save wrote before it wrote ZIP; without the word ustar (`v7`) it has no magic at all. */
export function tarBytes(name: string, content: Uint8Array, { v7 = false } = {}): Buffer {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  if (!v7) header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc(1024 + ((512 - (content.length % 512)) % 512))]);
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(4), latin1(type), data, Buffer.alloc(4)]);
  chunk.writeUInt32BE(data.length, 0);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

/** Pictures of one pixel, or close to it. */
export function imageBytes(kind: 'PNG' | 'JPEG' | 'GIF' | 'WebP', { comment = NOTHING } = {}): Buffer {
  switch (kind) {
    case 'PNG':
      return Buffer.concat([
        latin1('\x89PNG\r\n\x1a\n'),
        pngChunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
        ...(comment.length > 0 ? [pngChunk('teXt', comment)] : []),
        pngChunk('IDAT', Buffer.from([0x78, 0x9c, 0x63, 0x60, 0, 0, 0, 2, 0, 1])),
        pngChunk('IEND', Buffer.alloc(0)),
      ]);
    case 'JPEG':
      return latin1(
        '\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xda\0\x08\x01\x01\0\0\x3f\0ab\xff\0c\xff\xd0d\xff\xd9',
      );
    case 'GIF':
      return latin1(
        'GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;',
      );
    case 'WebP':
      return latin1('RIFF\x16\0\0\0WEBPVP8L\x09\0\0\0\x2f\0\0\0\0\0\0\0\0\0');
  }
}

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
const field = (number: number, data: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(data.length)]), data]);

/** Pieces with scores, then a trainer and a normalizer. */
export function sentencePieceBytes(
  pieces: readonly string[] = ['<unk>', '<s>', '▁the'],
  { extra = NOTHING } = {},
): Buffer {
  return Buffer.concat([
    ...pieces.map((piece, index) => {
      const score = Buffer.from([0x15, 0, 0, 0, 0, 0x18, 1 + (index % 3)]);
      return field(1, Buffer.concat([field(1, Buffer.from(piece)), score]));
    }),
    field(2, Buffer.from([0x18, 2, 0x20, ...varint(pieces.length)])),
    field(3, Buffer.concat([field(1, Buffer.from('nmt_nfkc')), field(2, Buffer.from([0, 1, 2, 255]))])),
    extra,
  ]);
}
