import { describe, expect, it } from 'vitest';
import { memorySource, type ByteSource } from '../../../src/core/index.ts';
import { HeaderReader } from '../../../src/gguf/header-reader.ts';
import { FIRST_READ_BYTES, MAX_METADATA_BYTES, READ_WINDOW_BYTES } from '../../../src/gguf/limits.ts';
import { PackedStrings } from '../../../src/gguf/packed-lists.ts';
import { RawGguf } from '../../fixtures/raw-gguf.ts';

describe('HeaderReader', () => {
  it('reads strings of any length across the edges of its window', async () => {
    const lengths = [0, 1, FIRST_READ_BYTES - 20, 5, 3 * READ_WINDOW_BYTES, 0, 7, READ_WINDOW_BYTES - 8, 2];
    const texts = lengths.map((length, index) => String(index).repeat(length).slice(0, length));
    const raw = new RawGguf();
    for (const text of texts) raw.string(text);
    const reader = new HeaderReader(memorySource(raw.u32(77).bytes()));
    const { raw: bytes, starts } = await reader.strings(texts.length, 'texts');
    expect([...new PackedStrings(bytes, starts)]).toEqual(texts);
    expect(await reader.uint32('end')).toBe(77);
    expect(reader.leftBytes).toBe(0);
  });

  it('reads a hundred thousand short strings, each where it belongs', async () => {
    const texts = Array.from({ length: 100_000 }, (_, index) => `token${index}`);
    const raw = new RawGguf();
    raw.raw(concat(texts));
    const reader = new HeaderReader(memorySource(raw.bytes()));
    const { raw: bytes, starts } = await reader.strings(texts.length, 'texts');
    const read = new PackedStrings(bytes, starts);
    expect([read.at(0), read.at(54_321), read.at(-1)]).toEqual(['token0', 'token54321', 'token99999']);
    expect([...read]).toEqual(texts);
  });

  it('asks the source only for bytes that are there, in order, a window at a time', async () => {
    const reads: [number, number][] = [];
    const inner = memorySource(new Uint8Array(5 * READ_WINDOW_BYTES));
    const source: ByteSource = {
      ...inner,
      read: (offset, length, into) => {
        reads.push([offset, length]);
        return inner.read(offset, length, into);
      },
    };
    const reader = new HeaderReader(source);
    await reader.uint32('start');
    expect(reads).toEqual([[0, FIRST_READ_BYTES]]);
    await reader.bytes(5 * READ_WINDOW_BYTES - 4, 'rest');
    expect(reads.every(([, length]) => length <= READ_WINDOW_BYTES)).toBe(true);
    expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBe(inner.sizeBytes);
  });

  it.each([
    ['bytes', (reader: HeaderReader) => reader.bytes(2 ** 40, 'blob')],
    ['a string', (reader: HeaderReader) => reader.string('text')],
    ['strings', (reader: HeaderReader) => reader.strings(2 ** 32, 'texts')],
  ])(
    'refuses %s beyond the size of any header, before allocating, though the file is large enough',
    async (_what, read) => {
      const endless: ByteSource = {
        name: 'endless',
        sizeBytes: 2 ** 50,
        read: (_offset, length, into = new Uint8Array(length)) =>
          Promise.resolve(into.fill(0x01, 0, 5).fill(0, 5, length)),
      };
      await expect(read(new HeaderReader(endless))).rejects.toMatchObject({
        code: 'GGUF_LIMIT_EXCEEDED',
        details: { expected: `headers of at most ${MAX_METADATA_BYTES} bytes in all shards of a model` },
      });
    },
  );

  it('passes on what the source throws', async () => {
    const failing: ByteSource = {
      name: 'x',
      sizeBytes: 10,
      read: () => Promise.reject(new Error('disk on fire')),
    };
    await expect(new HeaderReader(failing).uint8('x')).rejects.toThrow('disk on fire');
  });
});

function concat(texts: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + 8 + text.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const text of texts) {
    view.setBigUint64(at, BigInt(text.length), true);
    bytes.set(new TextEncoder().encode(text), at + 8);
    at += 8 + text.length;
  }
  return bytes;
}
