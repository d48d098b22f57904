/**
 * A small but real model of the llama architecture with made-up weights: llama.cpp loads it and generates (nonsense)
 * text. The same options give the same bytes. For the demo and for tests.
 */
import { GgufFailure } from './error.ts';
import { encodeFloats } from './quantize-blocks.ts';
import { sampleMetadata, sampleTensors, type SampleShape, type SampleTensor } from './sample-shape.ts';
import { MIN_VOCABULARY } from './sample-tokenizer.ts';
import { seededNumbers, seedFor } from './seeded-numbers.ts';
import type { GgufModel } from './types.ts';

export interface SampleModelOptions extends Partial<SampleShape> {
  readonly seed?: number;
  /** A model that loads and then computes no logits worth the name: all NaN, or all equal. */
  readonly poison?: 'nan-logits' | 'flat-logits';
}

/** Just over 2 million parameters: 2.4 MB as Q8_0. */
const DEFAULTS: SampleShape = {
  name: 'Milton Edge sample',
  blockCount: 3,
  embeddingLength: 256,
  headCount: 8,
  headCountKv: 4,
  feedForwardLength: 512,
  vocabularySize: 1024,
  contextLength: 512,
  type: 'Q8_0',
};

/** Throws `GGUF_MODEL_INVALID` for a shape that no model can have. */
export function sampleModel(options: SampleModelOptions = {}): GgufModel {
  const { seed = 1, poison, ...given } = options;
  const shape: SampleShape = { ...DEFAULTS, ...given };
  assertShape(shape);
  return {
    metadata: sampleMetadata(shape),
    tensors: sampleTensors(shape).map((tensor) => ({
      name: tensor.name,
      dims: tensor.dims,
      type: tensor.kind === 'norm' ? 'F32' : shape.type,
      data: async function* () {
        const values = tensor.kind === 'norm' ? normValues(tensor, poison) : weightValues(tensor, seed);
        yield encodeFloats(tensor.kind === 'norm' ? 'F32' : shape.type, values);
      },
    })),
  };
}

export function assertShape(shape: SampleShape): void {
  const { embeddingLength, headCount, headCountKv, feedForwardLength, vocabularySize } = shape;
  const rules: readonly (readonly [boolean, string])[] = [
    [embeddingLength % 32 === 0 && feedForwardLength % 32 === 0, 'lengths that are multiples of 32'],
    [
      embeddingLength % headCount === 0 && (embeddingLength / headCount) % 2 === 0,
      'heads of one even length',
    ],
    [headCount % headCountKv === 0, 'a number of heads that is a multiple of the KV heads'],
    [vocabularySize >= MIN_VOCABULARY, `a vocabulary of at least ${MIN_VOCABULARY}`],
  ];
  const broken = rules.find(([holds]) => !holds);
  if (broken === undefined) return;
  throw new GgufFailure('GGUF_MODEL_INVALID', 'A sample model cannot have this shape.', {
    details: {
      expected: broken[1],
      received: `embedding ${embeddingLength}, heads ${headCount}/${headCountKv}, feed-forward ${feedForwardLength}, vocabulary ${vocabularySize}`,
    },
  });
}

/** The last norm scales what the logits are made of: NaN poisons all of them, zero makes them all zero. */
function normValues(tensor: SampleTensor, poison: SampleModelOptions['poison']): Float32Array {
  const values = new Float32Array(tensor.dims[0] ?? 0).fill(1);
  if (tensor.name === 'output_norm.weight' && poison !== undefined)
    values.fill(poison === 'nan-logits' ? NaN : 0);
  return values;
}

/** Bell-shaped around 0 with the spread 1/√row, so that what goes in comes out at the same size. */
function weightValues(tensor: SampleTensor, seed: number): Float32Array {
  const [row = 1, rows = 1] = tensor.dims;
  const next = seededNumbers(seedFor(seed, tensor.name));
  const values = new Float32Array(row * rows);
  // The sum of three uniform numbers has the variance 1/4.
  const spread = 2 / Math.sqrt(row);
  for (let index = 0; index < values.length; index += 1) {
    values[index] = (next() + next() + next() - 1.5) * spread;
  }
  // Control and byte tokens are made unlikely, so that what the model says can be read.
  if (tensor.name === 'output.weight') {
    for (let index = 0; index < MIN_VOCABULARY * row; index += 1) values[index] = (values[index] ?? 0) * 0.1;
  }
  return values;
}
