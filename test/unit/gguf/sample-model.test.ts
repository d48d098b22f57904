import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { readAndCheckGguf } from '../../../src/gguf/check.ts';
import { describeGguf } from '../../../src/gguf/describe.ts';
import { sampleModel, type SampleModelOptions } from '../../../src/gguf/sample-model.ts';
import { ggufBytes } from '../../../src/gguf/write.ts';

const SMALL: SampleModelOptions = {
  blockCount: 1,
  embeddingLength: 64,
  headCount: 2,
  headCountKv: 1,
  feedForwardLength: 64,
  vocabularySize: 300,
};

describe('sampleModel', () => {
  it.each(['F32', 'F16', 'Q8_0', 'Q4_0'] as const)('makes a sound %s model', async (type) => {
    const { file, check } = await readAndCheckGguf(
      memorySource(await ggufBytes(sampleModel({ ...SMALL, type, name: 'tiny' }))),
    );
    expect(check).toEqual({ warnings: [], waived: [] });
    expect(describeGguf(file)).toMatchObject({
      architecture: 'llama',
      name: 'tiny',
      quantization: type,
      vocabularySize: 300,
      blockCount: 1,
    });
  });

  it('is a few megabytes unless told otherwise', async () => {
    const bytes = await ggufBytes(sampleModel());
    expect(bytes.length).toBeGreaterThan(1_000_000);
    expect(bytes.length).toBeLessThan(4_000_000);
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    const [first, again, other] = await Promise.all(
      [7, 7, 8].map((seed) => ggufBytes(sampleModel({ ...SMALL, seed }))),
    );
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it('has every token once', async () => {
    const { file } = await readAndCheckGguf(
      memorySource(await ggufBytes(sampleModel({ ...SMALL, vocabularySize: 25_000 }))),
    );
    const tokens = file.metadata.get('tokenizer.ggml.tokens');
    if (tokens?.kind !== 'array') throw new Error('no tokens');
    expect(new Set(tokens.items as Iterable<string>).size).toBe(25_000);
  });

  it.each<SampleModelOptions>([
    { embeddingLength: 40 },
    { headCount: 3 },
    { headCount: 8, headCountKv: 3 },
    { vocabularySize: 100 },
  ])('refuses the impossible shape %j', (shape) => {
    expect(() => sampleModel(shape)).toThrow(expect.objectContaining({ code: 'GGUF_MODEL_INVALID' }));
  });
});
