import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import type { MatchedTensor } from '../../../src/quantize/match-tensors.ts';
import { interleaveRows, tensorBytes } from '../../../src/quantize/tensor-bytes.ts';

describe('interleaveRows', () => {
  it('puts rows that are turned together side by side, whatever a row is', () => {
    const head = Uint8Array.from([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    expect([...interleaveRows(head, 2)]).toEqual([0, 0, 3, 3, 1, 1, 4, 4, 2, 2, 5, 5]);
    expect([...interleaveRows(Uint8Array.from([7, 9]), 1)]).toEqual([7, 9]);
  });
});

describe('tensorBytes', () => {
  const bytes = Uint8Array.from([0x80, 0x3f, 0x00, 0xc0]);
  const vector = (sourceType: MatchedTensor['sourceType']): MatchedTensor =>
    ({
      shape: [2],
      name: 'norm',
      ggufName: 'norm',
      sourceType,
      interleavedHeads: null,
      source: { fileOffset: 0, sizeBytes: 4 } as MatchedTensor['source'],
    }) satisfies MatchedTensor;

  async function floatsOf(tensor: MatchedTensor): Promise<readonly number[]> {
    const pieces: Uint8Array[] = [];
    for await (const piece of tensorBytes(tensor, memorySource(bytes, 'w'))) pieces.push(piece);
    const all = Buffer.concat(pieces);
    return Array.from({ length: all.length / 4 }, (_, index) => all.readFloatLE(index * 4));
  }

  it('gives vectors as F32: BF16 is the upper half of one', async () => {
    expect(await floatsOf(vector('BF16'))).toEqual([1, -2]);
  });

  it('gives vectors as F32: F16 is read as IEEE 754 has it', async () => {
    expect(await floatsOf(vector('F16'))).toEqual([1.875, -2]);
  });
});
