/**
 * What was published on safetensors readers, and what the format forbids: lengths that lie, JSON that two readers read
 * differently, numbers that are no offsets, data that overlap, leave holes or hide bytes. Each with its permanent code.
 */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/core/index.ts';
import { parseSafetensorsHeader } from '../../src/hf/index.ts';
import { rawSafetensors } from '../fakes/hf-directory.ts';

const one = (fields: string): string => `{"a":{${fields}}}`;
const u8 = (shape: string, offsets: string): string =>
  one(`"dtype":"U8","shape":${shape},"data_offsets":${offsets}`);
const two = (first: string, second: string): string =>
  `{"a":{"dtype":"U8","shape":[4],"data_offsets":${first}},"b":{"dtype":"U8","shape":[4],"data_offsets":${second}}}`;

const INVALID: readonly (readonly [what: string, header: string, dataBytes: number, claimed?: bigint])[] = [
  ['a length beyond the file', '{}', 0, 3n],
  ['a length of 2^63', '{}', 0, 1n << 63n],
  ['a length of 2^64 - 1', '{}', 0, (1n << 64n) - 1n],
  ['a length of 0', '{}', 0, 0n],
  ['a length that cuts the JSON', '{"a":1}', 0, 4n],
  ['a length that reaches into the data', u8('[4]', '[0,4]'), 4, 55n],
  ['a space before the brace', ` ${u8('[4]', '[0,4]')}`, 4],
  ['a byte order mark', `\uFEFF${u8('[4]', '[0,4]')}`, 4],
  ['a list', '[]', 0],
  ['text behind the object', '{}x', 0],
  ['a second object', '{}{}', 0],
  ['a comment', '{/**/}', 0],
  ['a zero byte behind the object', '{}\0', 0],
  ['a tensor twice', `{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"a":{}}`, 4],
  ['a tensor twice, once escaped', `{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"\\u0061":{}}`, 4],
  ['a field twice', one('"dtype":"U8","dtype":"F64","shape":[4],"data_offsets":[0,4]'), 4],
  ['metadata twice', '{"__metadata__":{},"__metadata__":{}}', 0],
  ['metadata that are a list', '{"__metadata__":[]}', 0],
  ['metadata with a number', '{"__metadata__":{"a":1}}', 0],
  ['metadata with an object', '{"__metadata__":{"a":{}}}', 0],
  ['metadata that are nothing', '{"__metadata__":null}', 0],
  ['a tensor that is a number', '{"a":1}', 0],
  ['a tensor without a dtype', one('"shape":[4],"data_offsets":[0,4]'), 4],
  ['a dtype of another case', one('"dtype":"u8","shape":[4],"data_offsets":[0,4]'), 4],
  ['a dtype of a prototype', one('"dtype":"constructor","shape":[4],"data_offsets":[0,4]'), 4],
  ['a dtype that is a list', one('"dtype":["U8"],"shape":[4],"data_offsets":[0,4]'), 4],
  ['no shape', one('"dtype":"U8","data_offsets":[0,4]'), 4],
  ['no offsets', one('"dtype":"U8","shape":[4]'), 4],
  ['a negative dimension', u8('[-4]', '[0,4]'), 4],
  ['a fraction', u8('[4.0]', '[0,4]'), 4],
  ['an exponent', u8('[4]', '[0,4e0]'), 4],
  ['a large exponent', u8('[1e3]', '[0,1000]'), 1000],
  ['minus zero', u8('[4]', '[-0,4]'), 4],
  ['an offset as a text', u8('[4]', '["0","4"]'), 4],
  ['an offset of 2^53', u8('[4]', '[9007199254740992,9007199254740996]'), 4],
  ['offsets of 2^64, which wrap to 0', u8('[4]', '[18446744073709551616,18446744073709551620]'), 4],
  ['dimensions that multiply past 2^53', u8('[4294967296,4294967296]', '[0,0]'), 0],
  ['dimensions that multiply past 2^53 before a zero', u8('[4294967296,4294967296,0]', '[0,0]'), 0],
  ['elements whose bits pass 2^53', one('"dtype":"F64","shape":[2251799813685248],"data_offsets":[0,0]'), 0],
  ['offsets in reverse', u8('[4]', '[4,0]'), 4],
  ['three offsets', u8('[4]', '[0,4,4]'), 4],
  ['one offset', u8('[4]', '[0]'), 4],
  ['fewer bytes than the shape needs', u8('[4]', '[0,3]'), 3],
  ['more bytes than the shape needs', u8('[4]', '[0,5]'), 5],
  ['half a byte', one('"dtype":"F4","shape":[3],"data_offsets":[0,1]'), 1],
  ['data that overlap', two('[0,4]', '[2,6]'), 6],
  ['data that are the same', two('[0,4]', '[0,4]'), 4],
  ['a hole', two('[0,4]', '[5,9]'), 9],
  ['a hole at the start', u8('[4]', '[1,5]'), 5],
  ['data past the end', u8('[4]', '[0,4]'), 3],
  ['bytes behind the data', u8('[4]', '[0,4]'), 5],
  ['bytes, and no tensor', '{}', 1],
  ['an empty tensor past the end', u8('[0]', '[1,1]'), 0],
  ['NaN', u8('[NaN]', '[0,4]'), 4],
];

const BEYOND: readonly (readonly [what: string, header: string])[] = [
  ['lists fifty thousand deep', `{"a":${'['.repeat(50_000)}`],
  ['objects fifty thousand deep', '{"a":'.repeat(50_000)],
  [
    'a third of a million values',
    `{"__metadata__":{${Array.from({ length: 330_000 }, (_, i) => `"${i}":""`).join()}}}`,
  ],
  ['17 MB of spaces', `{}${' '.repeat(17_000_000)}`],
];

const parse = (bytes: Uint8Array) => parseSafetensorsHeader(memorySource(bytes, 'w.safetensors'));

describe('a safetensors file', () => {
  const invalid = INVALID.map(([what, header, dataBytes, claimed]) => ({ what, header, dataBytes, claimed }));
  it.each(invalid)('with $what is invalid', async ({ header, dataBytes, claimed }) => {
    await expect(parse(rawSafetensors(header, dataBytes, claimed))).rejects.toMatchObject({
      code: 'HF_SAFETENSORS_INVALID',
      exitCode: 3,
    });
  });

  it.each(BEYOND)('with %s is beyond a limit', async (_what, header) => {
    await expect(parse(rawSafetensors(header, 0))).rejects.toMatchObject({
      code: 'HF_SAFETENSORS_LIMIT',
      exitCode: 3,
    });
  });

  it('that is no UTF-8 text is invalid', async () => {
    const header = Buffer.concat([Buffer.from('{"'), Buffer.from([0xc0, 0x80]), Buffer.from('":1}')]);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await expect(parse(Buffer.concat([length, header]))).rejects.toMatchObject({
      code: 'HF_SAFETENSORS_INVALID',
    });
  });

  it('with a tensor named as a prototype is read like any other', async () => {
    const header = '{"__proto__":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}';
    const { tensors } = await parse(rawSafetensors(header, 4));
    expect(tensors).toMatchObject([{ name: '__proto__', sizeBytes: 4 }]);
  });
});
