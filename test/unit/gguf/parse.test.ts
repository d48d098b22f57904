import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, memorySource } from '../../../src/core/index.ts';
import { HeaderBudget } from '../../../src/gguf/header-budget.ts';
import { MAX_METADATA_BYTES, MAX_METADATA_ENTRIES, MAX_TENSORS } from '../../../src/gguf/limits.ts';
import { parseGguf } from '../../../src/gguf/parse.ts';
import { RawGguf, rawModel } from '../../fixtures/raw-gguf.ts';

const parse = (bytes: Uint8Array) => parseGguf(memorySource(bytes, 'm.gguf'));
const ascii = (text: string) => new RawGguf().ascii(text).zeros(64).bytes();

describe('parseGguf', () => {
  it('reads the smallest file', async () => {
    const file = await parse(new RawGguf().header({ keys: 1 }).architecture().bytes());
    expect(file).toMatchObject({
      name: 'm.gguf',
      version: 3,
      alignment: 32,
      tensors: [],
      headerEndOffset: 69,
      dataOffset: 96,
    });
    expect(file.metadata.get('general.architecture')).toEqual({ kind: 'string', value: 'llama' });
    expect(file.keyOffsets.get('general.architecture')).toBe(24);
  });

  it('reads version 2, whose layout is the same', async () => {
    expect((await parse(new RawGguf().header({ version: 2 }).bytes())).version).toBe(2);
  });

  it('places the data section at the next multiple of the alignment', async () => {
    const raw = new RawGguf().header({ keys: 1, tensors: 1 });
    raw.string('general.alignment').u32(4).u32(256);
    const file = await parse(raw.tensor().pad(256).zeros(256).bytes());
    expect(file).toMatchObject({ alignment: 256, dataOffset: 256 });
  });

  describe('when the magic differs', () => {
    it.each([
      ['PK\x03\x04', /zip archive/],
      ['version https://git-lfs', /Git LFS pointer/],
      ['<!DOCTYPE html>', /web page/],
      ['tjgg', /before GGUF/],
      ['{"a":1}', /JSON/],
      ['hello', /does not start with the letters GGUF/],
      ['\x1b[2Jx', /does not start/],
    ])('refuses %j and says what it may be', async (text, message) => {
      const failure = parse(ascii(text));
      await expect(failure).rejects.toMatchObject({
        code: 'GGUF_MAGIC_INVALID',
        exitCode: 3,
        details: { offset: 0, expected: 'GGUF' },
      });
      await expect(failure).rejects.toThrow(message);
    });

    it('escapes what it shows', async () => {
      await expect(parse(ascii('\x1b[2J'))).rejects.toMatchObject({ details: { received: '\\x1b[2J' } });
    });
  });

  describe('when the file is too short for a header', () => {
    it.each([0, 1, 3, 4, 7, 8, 15, 23])('refuses %i bytes', async (sizeBytes) => {
      const bytes = new RawGguf().header().bytes().subarray(0, sizeBytes);
      await expect(parse(bytes)).rejects.toMatchObject({ code: 'GGUF_TRUNCATED' });
    });
  });

  describe('when the version is not ours', () => {
    it.each([0, 1, 4, 0x10003])('refuses version %i and names both', async (version) => {
      await expect(parse(new RawGguf().header({ version }).bytes())).rejects.toMatchObject({
        code: 'GGUF_VERSION_UNSUPPORTED',
        details: { offset: 4, expected: 'version 2 or 3', received: version },
      });
    });

    it('recognises a big-endian file by its version', async () => {
      await expect(parse(new RawGguf().header({ version: 0x03000000 }).bytes())).rejects.toMatchObject({
        code: 'GGUF_BYTE_ORDER',
        details: { received: 'version 3, big-endian' },
      });
    });

    it('recognises a file whose magic was swapped too', async () => {
      await expect(parse(ascii('FUGG'))).rejects.toMatchObject({ code: 'GGUF_BYTE_ORDER' });
    });
  });

  describe('when a count cannot be true', () => {
    it.each([
      ['tensors', { tensors: 1n << 63n }, 8],
      ['tensors', { tensors: 3 }, 8],
      ['keys', { keys: (1n << 64n) - 1n }, 16],
      ['keys', { keys: 5 }, 16],
    ])('refuses the number of %s against the bytes left', async (_what, counts, offset) => {
      await expect(parse(new RawGguf().header(counts).zeros(48).bytes())).rejects.toMatchObject({
        code: 'GGUF_COUNT_IMPOSSIBLE',
        details: { offset },
      });
    });

    it('refuses more than any model has, even where the bytes are there', async () => {
      const source = memorySource(
        new RawGguf()
          .header({ tensors: 200_000 })
          .zeros(200_000 * 24)
          .bytes(),
      );
      await expect(parseGguf(source)).rejects.toMatchObject({ code: 'GGUF_LIMIT_EXCEEDED' });
    });
  });

  describe('when a budget is shared by several files', () => {
    const header = (keys: number) => {
      const raw = new RawGguf().header({ keys: keys + 1 }).architecture();
      for (let index = 0; index < keys; index += 1) raw.string(`k${index}`).u32(0).u8(1);
      return memorySource(raw.bytes());
    };

    it('takes from it what each header took, and refuses the one that needs more', async () => {
      const budget = new HeaderBudget();
      const { headerEndOffset } = await parseGguf(header(5000), { budget });
      expect(budget).toMatchObject({
        entries: MAX_METADATA_ENTRIES - 5001,
        bytes: MAX_METADATA_BYTES - headerEndOffset,
        tensors: MAX_TENSORS,
      });
      await expect(parseGguf(header(5000), { budget })).rejects.toMatchObject({
        code: 'GGUF_LIMIT_EXCEEDED',
        details: { received: `5001, where ${MAX_METADATA_ENTRIES - 5001} are left` },
      });
      await parseGguf(header(5000));
    });

    it('holds the bytes of all headers together under one limit', async () => {
      const budget = new HeaderBudget();
      budget.spend({ bytes: MAX_METADATA_BYTES - 100, entries: 0, tensors: 0 });
      const raw = new RawGguf().header({ keys: 1 }).text('k', 'x'.repeat(100));
      await expect(parseGguf(memorySource(raw.bytes()), { budget })).rejects.toMatchObject({
        code: 'GGUF_LIMIT_EXCEEDED',
      });
    });
  });

  describe('when the alignment cannot be one', () => {
    it.each([
      ['0', 4, 0],
      ['not a power of two', 4, 24],
      ['less than 8', 4, 4],
      ['above 1 MiB, where a reader that pads in 32 bits wraps around', 4, 2 ** 31],
      ['an int32', 5, 32],
      ['a float32', 6, 0x42000000],
    ])('refuses %s', async (_what, kind, value) => {
      const raw = new RawGguf().header({ keys: 1 }).string('general.alignment').u32(kind).u32(value);
      await expect(parse(raw.bytes())).rejects.toMatchObject({
        code: 'GGUF_ALIGNMENT_INVALID',
        details: { offset: 24 },
      });
    });

    it('refuses an array', async () => {
      const raw = new RawGguf().header({ keys: 1 }).string('general.alignment').u32(9).u32(4).u64(0);
      await expect(parse(raw.bytes())).rejects.toMatchObject({
        code: 'GGUF_ALIGNMENT_INVALID',
        details: { received: 'an array' },
      });
    });
  });

  it('stops when the signal has fired', async () => {
    const bytes = new RawGguf().header().bytes();
    await expect(parseGguf(memorySource(bytes), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CORE_INTERRUPTED',
    });
  });

  it('reads any bytes or throws a Failure', async () => {
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (noise, valid) => {
        const start = valid
          ? new RawGguf().header({ keys: noise[0] ?? 0, tensors: noise[1] ?? 0 }).bytes()
          : new Uint8Array();
        await expectFileOrFailure(new RawGguf().raw(start).raw(noise).bytes());
      }),
      { numRuns: 500 },
    );
  });

  it('survives any single flipped byte: a file or a Failure', async () => {
    const bytes = rawModel([
      { dataBytes: 128 },
      { name: 'b', dims: [32, 2], type: 8, offset: 128, dataBytes: 68 },
    ]).bytes();
    expect.hasAssertions();
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (index, flip) => {
        const flipped = bytes.slice();
        flipped[index] = (flipped[index] ?? 0) ^ flip;
        await expectFileOrFailure(flipped);
      }),
      { numRuns: 500 },
    );
  });
});

async function expectFileOrFailure(bytes: Uint8Array): Promise<void> {
  const outcome: unknown = await parse(bytes).catch((error: unknown) => error);
  if (outcome instanceof Error) expect(outcome).toBeInstanceOf(Failure);
  else expect(outcome).toMatchObject({ sizeBytes: bytes.length });
}
