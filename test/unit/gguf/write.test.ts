import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { checkGguf } from '../../../src/gguf/check.ts';
import { GGML_TYPES, ggmlSizeBytes, type GgmlType } from '../../../src/gguf/ggml-types.ts';
import { parseGguf } from '../../../src/gguf/parse.ts';
import type {
  GgufArray,
  GgufModel,
  GgufScalar,
  GgufTensorInput,
  GgufValue,
} from '../../../src/gguf/types.ts';
import { encodeGguf, ggufBytes, ggufSizeBytes, writeGguf } from '../../../src/gguf/write.ts';
import { rawModel } from '../../fixtures/raw-gguf.ts';

const ARCHITECTURE: [string, GgufValue] = ['general.architecture', { kind: 'string', value: 'llama' }];
const tensor = (given: Partial<GgufTensorInput> = {}): GgufTensorInput => {
  return { name: 'a.weight', dims: [32], type: 'F32', data: new Uint8Array(128), ...given };
};

describe('encodeGguf', () => {
  it('writes the bytes that the specification describes', async () => {
    const model = { metadata: [ARCHITECTURE], tensors: [tensor()] };
    expect(await ggufBytes(model)).toEqual(rawModel([{ dataBytes: 128 }]).bytes());
  });

  it('takes data in pieces and pads behind them', async () => {
    const pieces = tensor({
      dims: [30],
      data: async function* () {
        yield new Uint8Array(50).fill(1);
        yield new Uint8Array(70).fill(2);
      },
    });
    const bytes = await ggufBytes({ metadata: [ARCHITECTURE], tensors: [pieces] });
    expect([...bytes.subarray(-128)]).toEqual([
      ...Array(50).fill(1),
      ...Array(70).fill(2),
      ...Array(8).fill(0),
    ]);
  });

  it('says an alignment of its own in the metadata, once', async () => {
    const bytes = await ggufBytes({ alignment: 64, metadata: [ARCHITECTURE], tensors: [tensor()] });
    const file = await parseGguf(memorySource(bytes));
    expect(file).toMatchObject({ alignment: 64, dataOffset: 192 });
    expect([...file.metadata.keys()]).toEqual(['general.architecture', 'general.alignment']);
    const again = await ggufBytes({ alignment: 64, metadata: file.metadata, tensors: [tensor()] });
    expect(again).toEqual(bytes);
  });

  it.each([
    ['too few', new Uint8Array(127)],
    ['too many', new Uint8Array(129)],
  ])('refuses data that are %s and names both sizes', async (_what, data) => {
    await expect(ggufBytes({ metadata: [], tensors: [tensor({ data })] })).rejects.toMatchObject({
      code: 'GGUF_MODEL_INVALID',
      exitCode: 1,
      details: { expected: '128 bytes' },
    });
  });

  it('refuses rows that are not whole blocks', () => {
    expect(() => ggufSizeBytes({ metadata: [], tensors: [tensor({ type: 'Q4_0', dims: [48] })] })).toThrow(
      expect.objectContaining({
        code: 'GGUF_MODEL_INVALID',
        details: { expected: 'a multiple of 32', received: 48 },
      }),
    );
  });

  it('writes back tokens that are not UTF-8 as the bytes they were', async () => {
    const raw = await ggufBytes({
      metadata: [['k', { kind: 'array', itemKind: 'string', items: ['AB', 'C'] }]],
      tensors: [],
    });
    raw.fill(0xff, raw.indexOf(0x41), raw.indexOf(0x41) + 2);
    const { metadata } = await parseGguf(memorySource(raw));
    expect(await ggufBytes({ metadata, tensors: [] })).toEqual(raw);
  });

  it('writes only what the parser reads back equal, whatever the model', async () => {
    await fc.assert(
      fc.asyncProperty(models(), async (model) => {
        const bytes = await ggufBytes(model);
        expect(bytes.length).toBe(ggufSizeBytes(model));
        const file = await parseGguf(memorySource(bytes));
        expect(file.version).toBe(model.version);
        expect([...file.metadata].map(([key, value]) => [key, plain(value)])).toEqual(
          [...model.metadata].map(([key, value]) => [key, plain(value)]),
        );
        expect(file.tensors.map(({ name, type, dims }) => ({ name, type, dims }))).toEqual(
          model.tensors.map(({ name, type, dims }) => ({ name, type, dims })),
        );
        for (const [index, { offset, sizeBytes }] of file.tensors.entries()) {
          const start = file.dataOffset + offset;
          expect(bytes.subarray(start, start + sizeBytes)).toEqual(model.tensors[index]?.data);
        }
        const complete = { ...file, metadata: new Map([...file.metadata, ARCHITECTURE]) };
        expect(checkGguf(complete, { allow: ['no-tensors'] }).waived.length).toBe(
          model.tensors.length === 0 ? 1 : 0,
        );
      }),
      { numRuns: 150 },
    );
  });
});

describe('writeGguf', () => {
  it('awaits each piece before it makes the next', async () => {
    let open = 0;
    const pieces: number[] = [];
    await writeGguf(
      { metadata: [ARCHITECTURE], tensors: [tensor(), tensor({ name: 'b' })] },
      {
        write: async (bytes) => {
          open += 1;
          expect(open).toBe(1);
          await Promise.resolve();
          pieces.push(bytes.length);
          open -= 1;
        },
      },
    );
    expect(pieces).toEqual([160, 128, 128]);
  });

  it('stops at the first write that fails', async () => {
    const sink = { write: () => Promise.reject(new Error('disk full')) };
    await expect(writeGguf({ metadata: [], tensors: [] }, sink)).rejects.toThrow('disk full');
  });

  it('is the same bytes as encodeGguf', async () => {
    const model = { metadata: [ARCHITECTURE], tensors: [tensor()] };
    let size = 0;
    for await (const piece of encodeGguf(model)) size += piece.length;
    expect(size).toBe(ggufSizeBytes(model));
  });
});

/** Lists as arrays, NaN as itself, so that both sides compare. */
function plain(value: GgufValue): unknown {
  if (value.kind !== 'array') return value;
  const items: unknown[] =
    value.itemKind === 'array' ? [...value.items].map(plain) : [...(value.items as Iterable<unknown>)];
  return { itemKind: value.itemKind, items };
}

function models(): fc.Arbitrary<GgufModel> {
  const tensors = fc
    .uniqueArray(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }).filter((name) => !name.includes('\0')),
      { maxLength: 4 },
    )
    .chain((names) => fc.tuple(...names.map((name) => blocksOf(name))));
  const key = fc
    .stringMatching(/^[a-z_.]{1,20}$/)
    .filter((name) => name !== 'general.alignment' && !name.startsWith('split'));
  const metadata = fc.uniqueArray(fc.tuple(key, fc.oneof(scalars(), arrays())), {
    maxLength: 6,
    selector: ([name]) => name,
  });
  return fc.record({ version: fc.constantFrom(2, 3), metadata, tensors });
}

function blocksOf(name: string): fc.Arbitrary<GgufTensorInput> {
  return fc
    .tuple(
      fc.constantFrom(...(Object.keys(GGML_TYPES) as GgmlType[])),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    )
    .map(([type, blocks, rest]) => {
      const dims = [blocks * GGML_TYPES[type].blockElements, ...rest];
      return { name, type, dims, data: new Uint8Array(ggmlSizeBytes(type, dims) ?? 0).fill(blocks) };
    });
}

function scalars(): fc.Arbitrary<GgufScalar> {
  return fc.oneof<fc.Arbitrary<GgufScalar>[]>(
    fc.record({ kind: fc.constant('uint8'), value: fc.integer({ min: 0, max: 255 }) }),
    fc.record({ kind: fc.constant('int16'), value: fc.integer({ min: -32768, max: 32767 }) }),
    fc.record({ kind: fc.constant('uint32'), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
    fc.record({ kind: fc.constant('float32'), value: fc.float() }),
    fc.record({ kind: fc.constant('float64'), value: fc.double() }),
    fc.record({ kind: fc.constant('uint64'), value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) }),
    fc.record({ kind: fc.constant('int64'), value: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }) }),
    fc.record({ kind: fc.constant('bool'), value: fc.boolean() }),
    fc.record({ kind: fc.constant('string'), value: fc.string({ unit: 'grapheme' }) }),
  );
}

function arrays(): fc.Arbitrary<GgufArray> {
  return fc.oneof<fc.Arbitrary<GgufArray>[]>(
    fc.record({
      kind: fc.constant('array'),
      itemKind: fc.constant('string'),
      items: fc.array(fc.string({ unit: 'grapheme' })),
    }),
    fc.record({
      kind: fc.constant('array'),
      itemKind: fc.constant('int8'),
      items: fc.array(fc.integer({ min: -128, max: 127 })),
    }),
    fc.record({
      kind: fc.constant('array'),
      itemKind: fc.constant('uint16'),
      items: fc.array(fc.integer({ min: 0, max: 65_535 })),
    }),
    fc.record({ kind: fc.constant('array'), itemKind: fc.constant('int32'), items: fc.array(fc.integer()) }),
    fc.record({ kind: fc.constant('array'), itemKind: fc.constant('bool'), items: fc.array(fc.boolean()) }),
    fc.record({
      kind: fc.constant('array'),
      itemKind: fc.constant('uint64'),
      items: fc.array(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })),
    }),
  );
}
