import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { toRegistryEntry } from '../../../src/registry/new-entry.ts';
import type { RegistryEntry } from '../../../src/registry/types.ts';

const EXAMPLE = new URL('../../fixtures/seed/registry-example.json', import.meta.url);

describe('toRegistryEntry', () => {
  it('has the fields of the example, with null for what is not known', () => {
    const [example] = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as readonly RegistryEntry[];
    const entry = toRegistryEntry({
      version: 'v1',
      baseModel: 'llama',
      hf: { path: '/m/hf', sizeBytes: 15_333 * 2 ** 20, parameterCount: 8_030_261_248 },
      gguf: { path: '/m/model.gguf', sizeBytes: 4_661_211_808, quantizationBits: 4, validationPassed: true },
    });
    expect(entry.metrics).toEqual({
      distillation: {
        method: null,
        parameter_count: 8_030_261_248,
        model_size_mb: 15333,
        training_time_seconds: null,
      },
      compression: { ...(example?.metrics['compression'] as object), gguf_path: '/m/model.gguf' },
    });
    expect(Object.keys(entry.metrics['distillation'] as object)).toEqual(
      Object.keys(example?.metrics['distillation'] as object),
    );
    expect(Object.keys(example ?? {})).toEqual(expect.arrayContaining(Object.keys(entry)));
  });

  it('names the GGUF as the model where there is no directory, and keeps ours under milton', () => {
    const entry = toRegistryEntry({
      version: 'v1',
      baseModel: 'llama',
      gguf: { path: '/m/model.gguf', sizeBytes: 2 ** 20 },
      milton: { sha256: 'ab' },
    });
    expect(entry.model_path).toBe('/m/model.gguf');
    expect(entry.metrics).toEqual({
      compression: {
        original_size_mb: null,
        compressed_size_mb: 1,
        compression_ratio: null,
        quantization_bits: null,
        validation_passed: null,
        gguf_path: '/m/model.gguf',
      },
      milton: { sha256: 'ab' },
    });
  });
});
