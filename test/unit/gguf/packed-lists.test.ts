import { describe, expect, it } from 'vitest';
import { PackedStrings, packedBigs, packedBools, packedNumbers } from '../../../src/gguf/packed-lists.ts';

describe('packed lists', () => {
  it('read a part of a larger buffer, at any alignment', () => {
    const bytes = Uint8Array.of(9, 1, 0, 2, 0, 9).subarray(1, 5);
    const list = packedNumbers('uint16', bytes);
    expect([list.length, ...list]).toEqual([2, 1, 2]);
    expect([list.at(0), list.at(-2), list.at(2), list.at(-3), list.at(0.5)]).toEqual([
      1,
      1,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('can be walked more than once', () => {
    const list = packedBools(Uint8Array.of(1, 0));
    expect([[...list], [...list]]).toEqual([
      [true, false],
      [true, false],
    ]);
    expect([...packedBigs('int64', new Uint8Array(8).fill(255))]).toEqual([-1n]);
  });

  it('show what is not UTF-8 as U+FFFD and keep its bytes', () => {
    const raw = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0x68, 0x69);
    const list = new PackedStrings(raw, Uint32Array.of(8, 17));
    expect([...list]).toEqual(['\ufffd', 'hi']);
    expect([list.at(-1), list.at(2), list.bytesAt(0)]).toEqual(['hi', undefined, Uint8Array.of(0xff)]);
  });
});
