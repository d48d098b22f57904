import { describe, expect, it } from 'vitest';
import { quantizationPlaces } from '../../../src/pipeline/quantization-places.ts';
import { stateDirectory } from '../../../src/system/index.ts';

const state = stateDirectory('/state');

describe('quantizationPlaces', () => {
  it('puts each type into the folder of its bits, named as the Python side names it', () => {
    const places = quantizationPlaces('/models/distilled_smoke', ['Q4_0', 'Q8_0'], { outDir: null, state });
    expect(places).toEqual({
      paths: [
        '/state/models/quantized/quantized_distilled_smoke_4bit/model-q4_0.gguf',
        '/state/models/quantized/quantized_distilled_smoke_8bit/model-q8_0.gguf',
      ],
      intermediate:
        '/state/models/quantized/quantized_distilled_smoke_4bit/intermediate-distilled_smoke.gguf',
    });
  });

  it('puts all of them where it is told, and takes a GGUF by its name without the ending', () => {
    expect(quantizationPlaces('/m/v1.2-f16.gguf', ['Q4_K_M', 'Q6_K'], { outDir: '/out', state })).toEqual({
      paths: ['/out/model-q4_k_m.gguf', '/out/model-q6_k.gguf'],
      intermediate: '/out/intermediate-v1.2-f16.gguf',
    });
  });
});
