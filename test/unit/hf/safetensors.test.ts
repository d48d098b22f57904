import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, memorySource } from '../../../src/core/index.ts';
import { HeaderBudget } from '../../../src/hf/header-budget.ts';
import { MAX_DIRECTORY_HEADER_BYTES, MAX_DIRECTORY_TENSORS } from '../../../src/hf/limits.ts';
import { parseSafetensorsHeader } from '../../../src/hf/safetensors.ts';
import { rawSafetensors, safetensorsBytes } from '../../fakes/hf-directory.ts';

const parse = (bytes: Uint8Array) => parseSafetensorsHeader(memorySource(bytes, 'w.safetensors'));

const refusal = (words: RegExp) => ({
  code: 'HF_SAFETENSORS_INVALID',
  exitCode: 3,
  message: expect.stringMatching(words),
});

const tensor = (dtype: string, shape: unknown, offsets: unknown) =>
  JSON.stringify({ a: { dtype, shape, data_offsets: offsets } });

const two = (from: number, to: number) =>
  `{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[${to - from}],"data_offsets":[${from},${to}]}}`;

describe('parseSafetensorsHeader', () => {
  it('reads tensors in the order of their data, and the metadata', async () => {
    const header = await parse(safetensorsBytes({ b: { shape: [2, 3] }, a: { dtype: 'BF16', shape: [5] } }));
    expect(header.metadata).toEqual(new Map([['format', 'pt']]));
    expect(header.tensors).toEqual([
      { name: 'b', dtype: 'F32', shape: [2, 3], elementCount: 6, offset: 0, sizeBytes: 24 },
      { name: 'a', dtype: 'BF16', shape: [5], elementCount: 5, offset: 24, sizeBytes: 10 },
    ]);
  });

  it('accepts a header padded with spaces, no tensors, a scalar, and an empty tensor before another', async () => {
    await expect(parse(rawSafetensors('{}      ', 0))).resolves.toMatchObject({
      tensors: [],
      dataOffset: 16,
    });
    await expect(parse(rawSafetensors(tensor('F32', [], [0, 4]), 4))).resolves.toMatchObject({
      tensors: [{ elementCount: 1 }],
    });
    const header =
      '{"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}';
    await expect(parse(rawSafetensors(header, 3))).resolves.toMatchObject({
      tensors: [{ name: 'a' }, { name: 'b' }],
    });
  });

  it('counts packed types in bits', async () => {
    await expect(parse(rawSafetensors(tensor('F4', [6], [0, 3]), 3))).resolves.toBeDefined();
    await expect(parse(rawSafetensors(tensor('F4', [5], [0, 3]), 3))).rejects.toMatchObject(
      refusal(/does not have the size/),
    );
  });

  describe('when the header length is a lie', () => {
    it('refuses before it allocates', async () => {
      await expect(parse(Buffer.from([1, 2, 3]))).rejects.toMatchObject(refusal(/too short/));
      await expect(parse(rawSafetensors('{}', 0, 2n ** 64n - 1n))).rejects.toMatchObject(
        refusal(/longer than the file/),
      );
      await expect(parse(rawSafetensors('{}', 0, 2n ** 63n))).rejects.toMatchObject(
        refusal(/longer than the file/),
      );
      await expect(parse(rawSafetensors('{}', 0, 3n))).rejects.toMatchObject(refusal(/longer than the file/));
      await expect(parse(rawSafetensors('', 4))).rejects.toMatchObject(refusal(/does not begin with/));
    });
  });

  describe('when the header is no object of the format', () => {
    it('refuses and says what is wrong', async () => {
      await expect(parse(rawSafetensors(' {}', 0))).rejects.toMatchObject(refusal(/does not begin with "{"/));
      await expect(parse(rawSafetensors('{"a":', 0))).rejects.toMatchObject(refusal(/not valid JSON/));
      await expect(parse(rawSafetensors('{"a":1,"a":1}', 0))).rejects.toMatchObject(refusal(/stands twice/));
      await expect(parse(rawSafetensors('{"a":NaN}', 0))).rejects.toMatchObject(refusal(/NaN/));
      await expect(parse(rawSafetensors('{"a":1}', 0))).rejects.toMatchObject(
        refusal(/not described by an object/),
      );
      await expect(parse(rawSafetensors('{"__metadata__":[]}', 0))).rejects.toMatchObject(
        refusal(/__metadata__ is not an object/),
      );
      await expect(parse(rawSafetensors('{"__metadata__":{"a":1}}', 0))).rejects.toMatchObject(
        refusal(/not text under "a"/),
      );
      await expect(parse(rawSafetensors(tensor('F31', [1], [0, 4]), 4))).rejects.toMatchObject(
        refusal(/unknown dtype/),
      );
      await expect(parse(rawSafetensors('{"a":{}}', 0))).rejects.toMatchObject(refusal(/unknown dtype/));
      await expect(parse(rawSafetensors(tensor('F32', [-1], [0, 4]), 4))).rejects.toMatchObject(
        refusal(/shape/),
      );
      await expect(parse(rawSafetensors(tensor('F32', [1.5], [0, 6]), 6))).rejects.toMatchObject(
        refusal(/shape/),
      );
      await expect(parse(rawSafetensors(tensor('F32', 'x', [0, 4]), 4))).rejects.toMatchObject(
        refusal(/shape/),
      );
      await expect(parse(rawSafetensors(tensor('F32', [1], [4, 0]), 4))).rejects.toMatchObject(
        refusal(/data_offsets/),
      );
      await expect(parse(rawSafetensors(tensor('F32', [1], [0, 4, 8]), 4))).rejects.toMatchObject(
        refusal(/data_offsets/),
      );
      await expect(
        parse(rawSafetensors(tensor('F32', [2 ** 40, 2 ** 40, 0], [0, 0]), 0)),
      ).rejects.toMatchObject(refusal(/more elements/));
    });

    it('refuses more values than any model has, and what is nested deeper, as beyond a limit', async () => {
      for (const header of [`{"a":[${'[],'.repeat(320_000)}0]}`, '{"a":[[[[[0]]]]]}']) {
        await expect(parse(rawSafetensors(header, 0))).rejects.toMatchObject({
          code: 'HF_SAFETENSORS_LIMIT',
          exitCode: 3,
          message: expect.stringContaining('w.safetensors'),
        });
      }
    });

    it('escapes a hostile tensor name', async () => {
      const header = JSON.stringify({ 'x\u001b[2J': 1 });
      await expect(parse(rawSafetensors(header, 0))).rejects.toMatchObject(refusal(/x\\x1b\[2J/));
    });
  });

  describe('when the data are not exactly covered', () => {
    it('refuses an overlap, a hole, a missing byte and a byte too many', async () => {
      await expect(parse(rawSafetensors(two(3, 7), 7))).rejects.toMatchObject(refusal(/overlaps/));
      await expect(parse(rawSafetensors(two(5, 9), 9))).rejects.toMatchObject(refusal(/hole/));
      await expect(parse(rawSafetensors(two(4, 8), 7))).rejects.toMatchObject(refusal(/end too early/));
      await expect(parse(rawSafetensors(two(4, 8), 9))).rejects.toMatchObject(refusal(/bytes follow/));
      await expect(parse(rawSafetensors(tensor('F32', [2], [0, 4]), 4))).rejects.toMatchObject(
        refusal(/does not have the size/),
      );
    });
  });

  describe('when a budget is shared by several files', () => {
    it('takes from it what each header took, and refuses the one that needs more', async () => {
      const bytes = safetensorsBytes({ a: { shape: [2] }, b: { shape: [2] } });
      const budget = new HeaderBudget();
      const { dataOffset } = await parseSafetensorsHeader(memorySource(bytes), { budget });
      expect(budget).toMatchObject({
        bytes: MAX_DIRECTORY_HEADER_BYTES - (dataOffset - 8),
        tensors: MAX_DIRECTORY_TENSORS - 2,
      });
      for (const spent of [
        { bytes: 0, tensors: budget.tensors - 1 },
        { bytes: budget.bytes - 10, tensors: 0 },
      ]) {
        const left = new HeaderBudget();
        left.spend({ bytes: MAX_DIRECTORY_HEADER_BYTES - budget.bytes, tensors: 2 });
        left.spend(spent);
        await expect(parseSafetensorsHeader(memorySource(bytes), { budget: left })).rejects.toMatchObject({
          code: 'HF_SAFETENSORS_LIMIT',
        });
      }
    });
  });

  it('round trips any tensors', async () => {
    const shapes = fc.dictionary(
      fc.string({ minLength: 1 }).filter((name) => name !== '__metadata__' && name !== '__proto__'),
      fc.record({ dtype: fc.constantFrom('F32', 'BF16'), shape: fc.array(fc.nat(4), { maxLength: 4 }) }),
      { maxKeys: 6 },
    );
    await fc.assert(
      fc.asyncProperty(shapes, async (tensors) => {
        const header = await parse(safetensorsBytes(tensors));
        expect(new Map(header.tensors.map(({ name, dtype, shape }) => [name, { dtype, shape }]))).toEqual(
          new Map(Object.entries(tensors)),
        );
      }),
    );
  });

  it('reads a sound file with any bytes of it changed, or throws a Failure', async () => {
    const sound = safetensorsBytes({ a: { shape: [2, 3] }, b: { dtype: 'BF16', shape: [5] } });
    const change = fc.record({
      at: fc.nat(sound.length - 1),
      by: fc.uint8Array({ minLength: 1, maxLength: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = Buffer.from(sound);
        for (const { at, by } of changes) bytes.set(by.subarray(0, bytes.length - at), at);
        try {
          const { tensors, dataOffset } = await parse(bytes);
          const sum = tensors.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
          expect(dataOffset + sum).toBe(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('parses any bytes or throws a Failure', async () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.json().map((text) => rawSafetensors(text, 3)),
      fc
        .tuple(fc.anything({ maxDepth: 2 }), fc.nat(20))
        .map(([value, size]) => rawSafetensors(JSON.stringify({ a: value }) ?? '', size)),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (bytes) => {
        await parse(bytes).catch((error: unknown) => expect(error).toBeInstanceOf(Failure));
      }),
    );
  });
});
