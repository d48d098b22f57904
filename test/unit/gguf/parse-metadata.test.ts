import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { HeaderReader } from '../../../src/gguf/header-reader.ts';
import { parseMetadata } from '../../../src/gguf/parse-metadata.ts';
import { RawGguf } from '../../fixtures/raw-gguf.ts';

const parse = (raw: RawGguf, count = 1) => parseMetadata(new HeaderReader(memorySource(raw.bytes())), count);
const only = async (raw: RawGguf) => (await parse(raw)).metadata.get('k');

describe('parseMetadata', () => {
  it.each([
    ['uint8', 0, new RawGguf().u8(200), 200],
    ['int8', 1, new RawGguf().u8(200), -56],
    ['uint16', 2, new RawGguf().u16(60_000), 60_000],
    ['int16', 3, new RawGguf().u16(60_000), -5536],
    ['uint32', 4, new RawGguf().u32(4_000_000_000), 4_000_000_000],
    ['int32', 5, new RawGguf().u32(4_294_967_295), -1],
    ['float32', 6, new RawGguf().u32(0x3fc00000), 1.5],
    ['bool', 7, new RawGguf().u8(1), true],
    ['string', 8, new RawGguf().string('gr\u00fc\u00df dich'), 'gr\u00fc\u00df dich'],
    ['uint64', 10, new RawGguf().u64((1n << 64n) - 1n), (1n << 64n) - 1n],
    ['int64', 11, new RawGguf().u64((1n << 64n) - 1n), -1n],
    ['float64', 12, new RawGguf().u64(0x3ff8000000000000n), 1.5],
  ])('reads a %s, alone and in an array', async (kind, id, value, expected) => {
    expect(await only(new RawGguf().string('k').u32(id).raw(value.bytes()))).toEqual({
      kind,
      value: expected,
    });
    const twice = new RawGguf().string('k').u32(9).u32(id).u64(2).raw(value.bytes()).raw(value.bytes());
    const array = await only(twice);
    expect(array).toMatchObject({ kind: 'array', itemKind: kind });
    if (array?.kind !== 'array') throw new Error('no array');
    expect([...(array.items as Iterable<unknown>)]).toEqual([expected, expected]);
    expect([array.items.length, array.items.at(-1), array.items.at(2)]).toEqual([2, expected, undefined]);
  });

  it('reads arrays in arrays', async () => {
    const raw = new RawGguf().string('k').u32(9).u32(9).u64(2).u32(0).u64(1).u8(7).u32(8).u64(1).string('x');
    const value = await only(raw);
    if (value?.kind !== 'array' || value.itemKind !== 'array') throw new Error('no nested array');
    expect([...value.items].map((item) => [item.itemKind, [...(item.items as Iterable<unknown>)]])).toEqual([
      ['uint8', [7]],
      ['string', ['x']],
    ]);
  });

  it('keeps a key called __proto__ as a key', async () => {
    expect((await parse(new RawGguf().text('__proto__', 'x'))).metadata.get('__proto__')).toEqual({
      kind: 'string',
      value: 'x',
    });
  });

  describe('when a key cannot be one', () => {
    it.each([
      ['is empty', ''],
      ['holds a zero byte', 'a\0b'],
      ['is not ASCII', 'gr\u00f6\u00dfe'],
      ['has more than 65535 bytes', 'k'.repeat(65_536)],
    ])('refuses one that %s', async (_what, key) => {
      await expect(parse(new RawGguf().text(key, 'x'))).rejects.toMatchObject({
        code: 'GGUF_KEY_INVALID',
        details: { offset: 0 },
      });
    });

    it('refuses a second one of the same name and names both places', async () => {
      await expect(parse(new RawGguf().text('k', 'x').text('k', 'x'), 2)).rejects.toMatchObject({
        code: 'GGUF_KEY_DUPLICATE',
        details: { key: 'k', offset: 22, firstOffset: 0 },
      });
    });
  });

  describe('when a value cannot be one', () => {
    it.each([13, 255, 0xffffffff])('refuses the type %i', async (id) => {
      await expect(parse(new RawGguf().string('k').u32(id).zeros(16))).rejects.toMatchObject({
        code: 'GGUF_VALUE_TYPE_UNKNOWN',
        details: { offset: 9, received: id },
      });
    });

    it('refuses an unknown type of items', async () => {
      await expect(parse(new RawGguf().string('k').u32(9).u32(13).u64(0))).rejects.toMatchObject({
        code: 'GGUF_VALUE_TYPE_UNKNOWN',
      });
    });

    it('refuses a boolean of 2, and finds it in an array', async () => {
      await expect(parse(new RawGguf().string('k').u32(7).u8(2))).rejects.toMatchObject({
        code: 'GGUF_BOOL_INVALID',
        details: { offset: 13, expected: '0 or 1', received: 2 },
      });
      const array = new RawGguf().string('k').u32(9).u32(7).u64(3).u8(0).u8(1).u8(255);
      await expect(parse(array)).rejects.toMatchObject({
        code: 'GGUF_BOOL_INVALID',
        details: { offset: 27, received: 255 },
      });
    });

    it('refuses a text that is not UTF-8', async () => {
      const raw = new RawGguf().string('k').u32(8).u64(2).u8(0xc3).u8(0x28);
      await expect(parse(raw)).rejects.toMatchObject({
        code: 'GGUF_STRING_NOT_UTF8',
        details: { offset: 21 },
      });
    });

    it('accepts a token that is not UTF-8, as token tables hold', async () => {
      const value = await only(new RawGguf().string('k').u32(9).u32(8).u64(1).u64(1).u8(0xc3));
      expect(value?.kind === 'array' && value.items.at(0)).toBe('\ufffd');
    });
  });

  describe('when a length cannot be true', () => {
    it.each([
      [
        'a string of 2^40 bytes',
        new RawGguf()
          .string('k')
          .u32(8)
          .u64(2 ** 40),
      ],
      [
        'a string of 2^64-1 bytes',
        new RawGguf()
          .string('k')
          .u32(8)
          .u64((1n << 64n) - 1n),
      ],
      ['a key of 2^62 bytes', new RawGguf().u64(1n << 62n)],
      [
        'an array of 2^61 uint64',
        new RawGguf()
          .string('k')
          .u32(9)
          .u32(10)
          .u64(1n << 61n),
      ],
      [
        'an array of 2^63 strings',
        new RawGguf()
          .string('k')
          .u32(9)
          .u32(8)
          .u64(1n << 63n),
      ],
      ['an array of 1000 arrays', new RawGguf().string('k').u32(9).u32(9).u64(1000)],
      ['one byte too many in an array', new RawGguf().string('k').u32(9).u32(0).u64(65)],
      [
        'a string in an array that is too long',
        new RawGguf()
          .string('k')
          .u32(9)
          .u32(8)
          .u64(1)
          .u64(2 ** 33),
      ],
    ])('refuses %s', async (_what, raw) => {
      await expect(parse(raw.zeros(64))).rejects.toMatchObject({ code: 'GGUF_LENGTH_IMPOSSIBLE' });
    });
  });
});
