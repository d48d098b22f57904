import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { checkSplitKeys, isLaterShard, readSplit } from '../../../src/gguf/check-split.ts';
import { parseGguf } from '../../../src/gguf/parse.ts';
import { RawGguf } from '../../fixtures/raw-gguf.ts';

type Keys = Partial<Record<'no' | 'count' | 'tensors', number>>;

function split(keys: Keys, tensors = 0): RawGguf {
  const raw = new RawGguf().header({ keys: Object.keys(keys).length, tensors });
  if (keys.no !== undefined) raw.string('split.no').u32(2).u16(keys.no);
  if (keys.count !== undefined) raw.string('split.count').u32(2).u16(keys.count);
  if (keys.tensors !== undefined) raw.string('split.tensors.count').u32(5).u32(keys.tensors);
  for (let index = 0; index < tensors; index += 1) raw.tensor({ name: `t${index}` });
  return raw;
}

const parse = (raw: RawGguf) => parseGguf(memorySource(raw.bytes()));

describe('checkSplitKeys', () => {
  it.each<[string, Keys]>([
    ['no keys at all', {}],
    ['a shard', { no: 2, count: 3, tensors: 40 }],
    ['the count 0 that merging leaves behind', { no: 0, count: 0, tensors: 40 }],
  ])('accepts %s', async (_what, keys) => {
    const file = await parse(split(keys));
    expect(() => checkSplitKeys(file)).not.toThrow();
  });

  it.each<[string, Keys, number, string]>([
    ['a number beyond the count', { no: 3, count: 3, tensors: 4 }, 0, 'split.no'],
    ['a count without a number', { count: 3, tensors: 4 }, 0, 'split.no'],
    ['a count without the number of tensors', { no: 0, count: 3 }, 0, 'split.tensors.count'],
    ['more tensors here than in all', { no: 0, count: 3, tensors: 1 }, 2, 'split.tensors.count'],
    ['a negative number of tensors', { no: 0, count: 3, tensors: 0xffffffff }, 1, 'split.tensors.count'],
  ])('refuses %s', async (_what, keys, tensors, key) => {
    const file = await parse(split(keys, tensors));
    expect(() => checkSplitKeys(file)).toThrow(
      expect.objectContaining({ code: 'GGUF_SPLIT_INCONSISTENT', details: expect.objectContaining({ key }) }),
    );
  });

  it('refuses a number of another type, which llama.cpp does not convert', async () => {
    const file = await parse(new RawGguf().header({ keys: 1 }).string('split.count').u32(4).u32(3));
    expect(() => checkSplitKeys(file)).toThrow(
      expect.objectContaining({
        details: { offset: 24, key: 'split.count', expected: 'uint16', received: 'uint32' },
      }),
    );
  });
});

describe('readSplit', () => {
  it('is null for a model of one file', async () => {
    expect(readSplit(await parse(split({ no: 0, count: 1, tensors: 1 })))).toBeNull();
  });

  it('reads the three numbers, and tells the first shard from the later ones', async () => {
    const later = await parse(split({ no: 2, count: 3, tensors: 40 }));
    expect(readSplit(later)).toEqual({ no: 2, count: 3, tensorsCount: 40 });
    expect(isLaterShard(later)).toBe(true);
    expect(isLaterShard(await parse(split({ no: 0, count: 3, tensors: 40 })))).toBe(false);
  });
});
