import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHalf } from '../../../src/gguf/half.ts';
import { encodeFloats } from '../../../src/gguf/quantize-blocks.ts';

const block = fc
  .array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 32, maxLength: 32 })
  .map((values) => Float32Array.from(values));

describe('encodeFloats', () => {
  it('writes F32 and F16 as they are', () => {
    expect([...encodeFloats('F32', Float32Array.of(1))]).toEqual([0, 0, 0x80, 0x3f]);
    expect([...encodeFloats('F16', Float32Array.of(1, -2))]).toEqual([0, 0x3c, 0, 0xc0]);
  });

  it('reads a part of a larger array, not what lies before it', () => {
    expect([...encodeFloats('F16', Float32Array.of(9, 1, 9).subarray(1, 2))]).toEqual([0, 0x3c]);
  });

  it('stays within half a step of each value as Q8_0', () => {
    fc.assert(
      fc.property(block, (values) => {
        const bytes = encodeFloats('Q8_0', values);
        expect(bytes.length).toBe(34);
        const scale = scaleOf(bytes);
        values.forEach((value, index) => {
          const read = scale * (((bytes[2 + index] ?? 0) << 24) >> 24);
          expect(Math.abs(read - value)).toBeLessThanOrEqual(scale * 0.6 + 1e-4);
        });
      }),
    );
  });

  it('stays within a step of each value as Q4_0, first half of the block in the low bits', () => {
    fc.assert(
      fc.property(block, (values) => {
        const bytes = encodeFloats('Q4_0', values);
        expect(bytes.length).toBe(18);
        const scale = scaleOf(bytes);
        values.forEach((value, index) => {
          const byte = bytes[2 + (index % 16)] ?? 0;
          const read = scale * ((index < 16 ? byte & 15 : byte >> 4) - 8);
          expect(Math.abs(read - value)).toBeLessThanOrEqual(Math.abs(scale) * 1.01 + 1e-4);
        });
      }),
    );
  });

  it('keeps a block of zeros at zero', () => {
    expect([...encodeFloats('Q4_0', new Float32Array(32))]).toEqual(
      [0, 0, ...Array<number>(16).fill(0x88)].map((byte, index) => (index === 1 ? expect.any(Number) : byte)),
    );
    expect(encodeFloats('Q8_0', new Float32Array(32)).every((byte) => byte === 0)).toBe(true);
  });
});

function scaleOf(bytes: Uint8Array): number {
  return fromHalf((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8));
}
