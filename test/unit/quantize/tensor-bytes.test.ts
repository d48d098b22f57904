import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import type { MatchedTensor } from '../../../src/quantize/match-tensors.ts';
import { interleaveHeads, pieceBuffers, tensorBytes } from '../../../src/quantize/tensor-bytes.ts';

describe('interleaveHeads', () => {
  const interleave = (heads: readonly number[], sizes: { headBytes: number; rowBytes: number }): number[] => [
    ...interleaveHeads(Uint8Array.from(heads), sizes, new Uint8Array(heads.length)),
  ];

  it('puts rows that are turned together side by side, whatever a row is', () => {
    const head = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5];
    expect(interleave(head, { headBytes: 12, rowBytes: 2 })).toEqual([0, 0, 3, 3, 1, 1, 4, 4, 2, 2, 5, 5]);
    expect(interleave([7, 9], { headBytes: 2, rowBytes: 1 })).toEqual([7, 9]);
  });

  it('does so within each head', () => {
    const heads = [0, 1, 2, 3, 10, 11, 12, 13];
    expect(interleave(heads, { headBytes: 4, rowBytes: 1 })).toEqual([0, 2, 1, 3, 10, 12, 11, 13]);
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
    for await (const piece of tensorBytes(tensor, memorySource(bytes, 'w'), pieceBuffers()))
      pieces.push(piece);
    const all = Buffer.concat(pieces);
    return Array.from({ length: all.length / 4 }, (_, index) => all.readFloatLE(index * 4));
  }

  it('gives vectors as F32: BF16 is the upper half of one', async () => {
    expect(await floatsOf(vector('BF16'))).toEqual([1, -2]);
  });

  it('gives vectors as F32: F16 is read as IEEE 754 has it', async () => {
    expect(await floatsOf(vector('F16'))).toEqual([1.875, -2]);
  });

  it('gives large tensors whole, however many pieces they take, and with heads of any size', async () => {
    const rowBytes = 64 * 1024;
    const large = Uint8Array.from({ length: 160 * rowBytes }, (_, index) => index >>> 16);
    for (const interleavedHeads of [null, 1, 20]) {
      const tensor: MatchedTensor = {
        ...vector('F16'),
        shape: [160, rowBytes / 2],
        interleavedHeads,
        source: { fileOffset: 0, sizeBytes: large.length } as MatchedTensor['source'],
      };
      const rows: number[] = [];
      const pieces: number[] = [];
      for await (const piece of tensorBytes(tensor, memorySource(large, 'w'), pieceBuffers())) {
        for (let at = 0; at < piece.length; at += rowBytes) rows.push(piece[at] ?? -1);
        pieces.push(piece.length);
      }
      const headRows = 160 / (interleavedHeads ?? 160);
      const half = headRows / 2;
      const moved = Array.from({ length: 160 }, (_, to) => {
        const row = to % headRows;
        return to - row + (row % 2 === 0 ? row / 2 : half + (row - 1) / 2);
      });
      expect(rows).toEqual(interleavedHeads === null ? moved.map((_, row) => row) : moved);
      // A head is never cut; many small ones come together.
      expect(pieces.length).toBe(interleavedHeads === 1 ? 1 : 3);
    }
  });

  it('leaves a piece as it is while the next one is made', async () => {
    const large = Uint8Array.from({ length: 12 * 1024 * 1024 }, (_, index) => index >>> 22);
    const source = { fileOffset: 0, sizeBytes: large.length } as MatchedTensor['source'];
    const tensor = { ...vector('F16'), shape: [6, 1024 * 1024], source };
    const pieces = tensorBytes(tensor, memorySource(large, 'w'), pieceBuffers());
    const first = (await pieces.next()).value as Uint8Array;
    await pieces.next();
    expect(first.every((byte) => byte === 0)).toBe(true);
  });
});
