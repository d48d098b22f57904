import { describe, expect, it } from 'vitest';
import { metadataCount, metadataCounts, metadataNumber } from '../../../src/gguf/metadata-values.ts';
import type { GgufValue } from '../../../src/gguf/types.ts';

const file = (value: GgufValue) => ({ metadata: new Map([['k', value]]) });

describe('metadataNumber', () => {
  it.each<[GgufValue, number | null]>([
    [{ kind: 'int8', value: -3 }, -3],
    [{ kind: 'uint64', value: 5n }, 5],
    [{ kind: 'uint64', value: 1n << 60n }, null],
    [{ kind: 'float32', value: Infinity }, null],
    [{ kind: 'string', value: '3' }, null],
    [{ kind: 'bool', value: true }, null],
  ])('reads %o as %s', (value, expected) => {
    expect(metadataNumber(file(value), 'k')).toBe(expected);
    expect(metadataNumber(file(value), 'other')).toBeNull();
  });
});

describe('metadataCount', () => {
  it('takes whole numbers from 0 only', () => {
    expect(metadataCount(file({ kind: 'int8', value: -3 }), 'k')).toBeNull();
    expect(metadataCount(file({ kind: 'float32', value: 1.5 }), 'k')).toBeNull();
    expect(metadataCount(file({ kind: 'float32', value: 2 }), 'k')).toBe(2);
  });
});

describe('metadataCounts', () => {
  it('repeats one number, and takes a list as it is, made whole and positive', () => {
    expect(metadataCounts(file({ kind: 'uint32', value: 4 }), 'k', 3)).toEqual([4, 4, 4]);
    expect(
      metadataCounts(file({ kind: 'array', itemKind: 'float32', items: [1.5, -2, NaN] }), 'k', 4),
    ).toEqual([1, 0, 0, 0]);
    expect(metadataCounts(file({ kind: 'array', itemKind: 'int64', items: [7n] }), 'k', 1)).toEqual([7]);
    expect(metadataCounts(file({ kind: 'array', itemKind: 'bool', items: [true] }), 'k', 1)).toBeNull();
    expect(metadataCounts({ metadata: new Map() }, 'k', 1)).toBeNull();
  });
});
