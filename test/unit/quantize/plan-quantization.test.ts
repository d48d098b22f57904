import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { ggufBytes, parseGguf, sampleModel, type GgufFile, type GgufModel } from '../../../src/gguf/index.ts';
import {
  assertPlanned,
  assertQuantizable,
  planQuantization,
} from '../../../src/quantize/plan-quantization.ts';

async function read(model: GgufModel): Promise<GgufFile> {
  return parseGguf(memorySource(await ggufBytes(model), 'model.gguf'));
}

describe('assertQuantizable', () => {
  it.each(['F32', 'F16'] as const)('takes weights in %s', async (type) => {
    expect(assertQuantizable(await read(sampleModel({ type })))).toBeUndefined();
  });

  it('refuses weights that were quantized before, and names one', async () => {
    const file = await read(sampleModel({ type: 'Q8_0' }));
    expect(() => assertQuantizable(file)).toThrowError(
      expect.objectContaining({
        code: 'QUANTIZE_ALREADY_QUANTIZED',
        message: expect.stringMatching(/weight is Q8_0/) as string,
      }),
    );
  });

  it('refuses an alignment that the writer of llama.cpp would not keep', async () => {
    const file = await read({ ...sampleModel({ type: 'F16' }), alignment: 64 });
    expect(() => assertQuantizable(file)).toThrowError(
      expect.objectContaining({ code: 'QUANTIZE_LAYOUT_UNSUPPORTED' }),
    );
  });

  it('refuses a shard', async () => {
    const model = sampleModel({ type: 'F16' });
    const metadata = new Map([...model.metadata, ['split.count', { kind: 'uint16', value: 2 }] as const]);
    expect(() => assertQuantizable({ ...(EMPTY as GgufFile), metadata })).toThrowError(
      expect.objectContaining({ code: 'QUANTIZE_LAYOUT_UNSUPPORTED' }),
    );
  });
});

const EMPTY: Partial<GgufFile> = { name: 'model.gguf', alignment: 32, tensors: [] };

describe('planQuantization', () => {
  it('knows the size of the result to the byte', async () => {
    const source = await read(sampleModel({ type: 'F16' }));
    const result = await read(sampleModel({ type: 'Q8_0' }));
    const types = new Map(result.tensors.map(({ name, type }) => [name, type]));
    const plan = planQuantization(
      source,
      source.tensors.map(({ name }) => ({ name, type: types.get(name) ?? null })),
    );
    expect(plan.dataBytes).toBe(result.sizeBytes - result.dataOffset);
    expect(plan.largestTensorBytes).toBe(Math.max(...source.tensors.map(({ sizeBytes }) => sizeBytes)));
    expect(assertPlanned(source, result, plan)).toBeUndefined();
  });

  it('refuses a log that does not tell of every tensor', async () => {
    const source = await read(sampleModel({ type: 'F16' }));
    const told = source.tensors.slice(1).map(({ name }) => ({ name, type: null }));
    expect(() => planQuantization(source, told)).toThrowError(
      expect.objectContaining({ code: 'QUANTIZE_FAILED' }),
    );
  });
});

describe('assertPlanned', () => {
  it.each([
    ['a tensor is missing', (file: GgufFile) => ({ ...file, tensors: file.tensors.slice(1) })],
    ['there is one more', (file: GgufFile) => ({ ...file, tensors: [...file.tensors, more(file)] })],
    [
      'one has another type',
      (file: GgufFile) => ({ ...file, tensors: [first(file, { type: 'Q4_1' }), ...rest(file)] }),
    ],
    [
      'one has another shape',
      (file: GgufFile) => ({ ...file, tensors: [first(file, { dims: [1] }), ...rest(file)] }),
    ],
  ] as const)('refuses a result in which %s', async (_what, damage) => {
    const source = await read(sampleModel({ type: 'F16' }));
    const plan = planQuantization(
      source,
      source.tensors.map(({ name }) => ({ name, type: null })),
    );
    expect(assertPlanned(source, source, plan)).toBeUndefined();
    expect(() => assertPlanned(source, damage(source), plan)).toThrowError(
      expect.objectContaining({ code: 'QUANTIZE_RESULT_WRONG' }),
    );
  });
});

type Tensor = GgufFile['tensors'][number];

const rest = ({ tensors }: GgufFile): readonly Tensor[] => tensors.slice(1);

function first({ tensors: [tensor] }: GgufFile, change: Partial<Tensor>): Tensor {
  if (tensor === undefined) throw new Error('The sample has tensors.');
  return { ...tensor, ...change };
}

const more = (file: GgufFile): Tensor => first(file, { name: 'one.more' });
