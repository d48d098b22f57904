import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { checkLayout } from '../../../src/gguf/check-layout.ts';
import { parseGguf } from '../../../src/gguf/parse.ts';
import { Policy, type GgufPolicyRule } from '../../../src/gguf/policy.ts';
import { RawGguf, rawModel } from '../../fixtures/raw-gguf.ts';

async function check(bytes: Uint8Array, allow: GgufPolicyRule[] = []): Promise<readonly GgufPolicyRule[]> {
  const policy = new Policy(allow);
  checkLayout(await parseGguf(memorySource(bytes)), policy);
  return policy.waived;
}

const two = (offsets: [number | bigint, number | bigint], dataBytes = 256) =>
  rawModel([
    { name: 'a', offset: offsets[0], dims: [30], dataBytes },
    { name: 'b', offset: offsets[1], dims: [32], dataBytes: 0 },
  ]).bytes();

describe('checkLayout', () => {
  it('accepts tensors that follow each other, padded', async () => {
    // 30 floats take 120 bytes, 128 with their padding.
    expect(await check(two([0, 128]))).toEqual([]);
  });

  it.each([
    ['is not aligned', two([0, 120]), 'GGUF_TENSOR_MISALIGNED'],
    ['starts inside the one before', two([0, 96]), 'GGUF_TENSOR_OVERLAP'],
    ['lies on the one before', two([0, 0]), 'GGUF_TENSOR_OVERLAP'],
    ['leaves a hole', two([0, 160]), 'GGUF_TENSOR_HOLE'],
    ['comes before its turn', two([128, 0]), 'GGUF_TENSOR_ORDER'],
    ['does not start at the beginning', two([32, 160]), 'GGUF_TENSOR_HOLE'],
    ['claims 2^52', two([0, 1n << 52n]), 'GGUF_TENSOR_HOLE'],
  ])('refuses a tensor that %s', async (_what, bytes, code) => {
    await expect(check(bytes)).rejects.toMatchObject({ code });
  });

  it('names both offsets, and the place of the description', async () => {
    await expect(check(two([0, 160]))).rejects.toMatchObject({
      details: { tensor: 'b', offset: 102, expected: 'data offset 128', received: 'data offset 160' },
    });
  });

  describe('when bytes are missing at the end', () => {
    const whole = rawModel([{ dims: [30], dataBytes: 120 }]).bytes();

    it('refuses data that are one byte short and names both sizes', async () => {
      await expect(check(whole.subarray(0, whole.length - 9))).rejects.toMatchObject({
        code: 'GGUF_DATA_INCOMPLETE',
        details: {
          offset: whole.length - 9,
          expected: `${whole.length - 8} bytes`,
          received: `${whole.length - 9} bytes`,
        },
      });
    });

    it.each([1, 8])('refuses padding that is %i bytes short, by policy', async (missing) => {
      const cut = whole.subarray(0, whole.length - missing);
      await expect(check(cut)).rejects.toMatchObject({
        code: 'GGUF_FINAL_PADDING',
        details: { rule: 'final-padding' },
      });
      expect(await check(cut, ['final-padding'])).toEqual(['final-padding']);
    });
  });

  it('refuses one byte too many and says where it is', async () => {
    const whole = rawModel([{ dims: [30], dataBytes: 120 }]);
    const { sizeBytes } = whole;
    await expect(check(whole.u8(0).bytes())).rejects.toMatchObject({
      code: 'GGUF_TRAILING_BYTES',
      details: { offset: sizeBytes },
    });
  });

  it('is not fooled by an alignment that moves the data behind the end', async () => {
    const raw = new RawGguf()
      .header({ keys: 1, tensors: 1 })
      .string('general.alignment')
      .u32(4)
      .u32(2 ** 20);
    await expect(check(raw.tensor().zeros(256).bytes())).rejects.toMatchObject({
      code: 'GGUF_DATA_INCOMPLETE',
    });
  });

  it('takes a header alone, padded or not', async () => {
    const raw = new RawGguf().header({ keys: 1 }).architecture();
    expect(await check(raw.bytes())).toEqual([]);
    expect(await check(raw.pad().bytes())).toEqual([]);
    await expect(check(raw.u8(0).bytes())).rejects.toMatchObject({ code: 'GGUF_TRAILING_BYTES' });
  });
});
