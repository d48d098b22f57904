import { describe, expect, it } from 'vitest';
import { describeGguf, ggufBytes, parseGguf, sampleModel } from '../../../src/gguf/index.ts';
import { memorySource } from '../../../src/core/index.ts';
import { QUANTIZATION_TYPES, quantizationTypeOf } from '../../../src/quantize/quantization-types.ts';

describe('quantizationTypeOf', () => {
  it('knows a type by its name, however it is written', () => {
    expect(quantizationTypeOf('q4_k_m')).toBe('Q4_K_M');
    expect(quantizationTypeOf('F16')).toBe('F16');
  });

  it.each(['', 'Q4', 'Q4_K', 'IQ9_S', 'toString', '__proto__'])('knows no type %j', (text) => {
    expect(quantizationTypeOf(text)).toBeNull();
  });
});

describe('QUANTIZATION_TYPES', () => {
  it.each(['F32', 'F16', 'Q8_0', 'Q4_0'] as const)('has the number that a file of %s bears', async (type) => {
    const file = await parseGguf(memorySource(await ggufBytes(sampleModel({ type })), 'm.gguf'));
    expect(describeGguf(file).quantization).toBe(type);
    expect(file.metadata.get('general.file_type')).toMatchObject({
      value: QUANTIZATION_TYPES[type].fileType,
    });
  });
});
