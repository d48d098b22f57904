import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { checkGguf, readAndCheckGguf, type CheckGgufOptions } from '../../../src/gguf/check.ts';
import { parseGguf } from '../../../src/gguf/parse.ts';
import { RawGguf, rawModel } from '../../fixtures/raw-gguf.ts';

const check = async (raw: RawGguf, options?: CheckGgufOptions) =>
  checkGguf(await parseGguf(memorySource(raw.bytes(), 'm.gguf')), options);

const INFO_OFFSET = 69;

describe('checkGguf', () => {
  it('accepts a sound file without a word', async () => {
    expect(await check(rawModel([{ dataBytes: 128 }]))).toEqual({ warnings: [], waived: [] });
  });

  it('accepts a tensor without dimensions, as llama.cpp does', async () => {
    expect((await check(rawModel([{ dims: [], dataBytes: 4 }]))).waived).toEqual([]);
  });

  describe('when the architecture is not said', () => {
    it.each([
      ['it is missing', new RawGguf().header(), 'nothing'],
      [
        'it is a number',
        new RawGguf().header({ keys: 1 }).string('general.architecture').u32(0).u8(1),
        'uint8',
      ],
      ['it is empty', new RawGguf().header({ keys: 1 }).text('general.architecture', ''), 'an empty text'],
    ])('refuses: %s', async (_what, raw, received) => {
      await expect(check(raw)).rejects.toMatchObject({
        code: 'GGUF_ARCHITECTURE_MISSING',
        details: { received },
      });
    });
  });

  it('warns of an architecture that llama.cpp does not know, and shows it escaped', async () => {
    const raw = new RawGguf()
      .header({ keys: 1, tensors: 1 })
      .text('general.architecture', 'new\u202ething')
      .tensor();
    const { warnings } = await check(raw.pad().zeros(128));
    expect(warnings).toMatchObject([{ code: 'GGUF_ARCHITECTURE_UNKNOWN' }]);
    expect(warnings[0]?.message).toContain('new\\u{202e}thing');
  });

  it('warns where quantized tensors have no general.quantization_version', async () => {
    const { warnings } = await check(rawModel([{ type: 2, dataBytes: 18 }]));
    expect(warnings).toMatchObject([{ code: 'GGUF_QUANTIZATION_VERSION_MISSING' }]);
  });

  it('refuses an array of arrays, which llama.cpp cannot read', async () => {
    const raw = new RawGguf().header({ keys: 2 }).architecture().string('k').u32(9).u32(9).u64(0);
    await expect(check(raw)).rejects.toMatchObject({
      code: 'GGUF_NESTED_ARRAY',
      details: { key: 'k', offset: INFO_OFFSET },
    });
  });

  describe('when a tensor is not what it must be', () => {
    it.each([
      ['a name of 64 bytes', { name: 'n'.repeat(64) }, 'GGUF_TENSOR_NAME_INVALID'],
      ['a name of 32 letters in 64 bytes', { name: '\u00e9'.repeat(32) }, 'GGUF_TENSOR_NAME_INVALID'],
      ['a zero byte in its name', { name: 'a\0b' }, 'GGUF_TENSOR_NAME_INVALID'],
      ['a type that never was', { type: 43 }, 'GGUF_TENSOR_TYPE_UNKNOWN'],
      ['a negative type', { type: 0xffffffff }, 'GGUF_TENSOR_TYPE_UNKNOWN'],
      ['the removed type Q4_2', { type: 4 }, 'GGUF_TENSOR_TYPE_REMOVED'],
      ['the removed type Q4_0_8_8', { type: 33 }, 'GGUF_TENSOR_TYPE_REMOVED'],
      ['half a block in a row', { type: 2, dims: [48, 2] }, 'GGUF_ROW_NOT_BLOCKS'],
      ['rows of 32 for K-quants', { type: 12, dims: [32, 8] }, 'GGUF_ROW_NOT_BLOCKS'],
    ])('refuses %s', async (_what, info, code) => {
      await expect(check(rawModel([{ ...info, dataBytes: 256 }]))).rejects.toMatchObject({
        code,
        details: { offset: INFO_OFFSET },
      });
    });

    it('accepts a name of 63 bytes', async () => {
      await expect(check(rawModel([{ name: 'n'.repeat(63), dataBytes: 128 }]))).resolves.toBeDefined();
    });

    it('refuses a second one of the same name and says where the first is', async () => {
      const raw = rawModel([{ dataBytes: 128 }, { offset: 128, dataBytes: 128 }]);
      await expect(check(raw)).rejects.toMatchObject({
        code: 'GGUF_TENSOR_DUPLICATE',
        details: { firstOffset: INFO_OFFSET },
      });
    });
  });

  describe('the policy rules', () => {
    it.each([
      ['empty-tensor', 'GGUF_TENSOR_EMPTY', rawModel([{ dims: [32, 0], dataBytes: 0 }])],
      ['no-tensors', 'GGUF_NO_TENSORS', new RawGguf().header({ keys: 1 }).architecture()],
      ['trailing-bytes', 'GGUF_TRAILING_BYTES', rawModel([{ dataBytes: 128 }]).u8(0)],
    ] as const)('%s refuses, and is waived when allowed', async (rule, code, raw) => {
      await expect(check(raw)).rejects.toMatchObject({ code, exitCode: 3, details: { rule } });
      expect((await check(raw, { allow: [rule] })).waived).toEqual([rule]);
    });

    it('are not reported as waived where they were kept', async () => {
      const { waived } = await check(rawModel([{ dataBytes: 128 }]), {
        allow: ['trailing-bytes', 'no-tensors'],
      });
      expect(waived).toEqual([]);
    });
  });

  it('wants no tensors in the first shard of a split model, which may hold metadata only', async () => {
    const raw = new RawGguf().header({ keys: 4 }).architecture();
    raw
      .string('split.no')
      .u32(2)
      .u16(0)
      .string('split.count')
      .u32(2)
      .u16(2)
      .string('split.tensors.count')
      .u32(5)
      .u32(9);
    expect(await check(raw)).toEqual({ warnings: [], waived: [] });
  });
});

describe('readAndCheckGguf', () => {
  it('returns the file and what the check found', async () => {
    const { file, check: found } = await readAndCheckGguf(
      memorySource(
        rawModel([{ dataBytes: 128 }])
          .u8(1)
          .bytes(),
      ),
      {
        allow: ['trailing-bytes'],
      },
    );
    expect(file.tensors).toHaveLength(1);
    expect(found.waived).toEqual(['trailing-bytes']);
  });
});
