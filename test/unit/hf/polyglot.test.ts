import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/core/index.ts';
import { findSecondFormat } from '../../../src/hf/polyglot.ts';
import { pickleBytes, tarBytes, zipBytes } from '../../fakes/hf-samples.ts';

const find = (bytes: Uint8Array) => findSecondFormat(memorySource(bytes));
const zip = zipBytes('archive/data.pkl', pickleBytes(2));

describe('findSecondFormat', () => {
  it.each([
    ['a ZIP archive at the end', Buffer.concat([Buffer.alloc(5000, 1), zip]), /ZIP/],
    ['a ZIP archive with a comment', withComment(zip, 60_000), /ZIP/],
    ['a tar archive', tarBytes('data.pkl', pickleBytes(2)), /tar/],
    ['a tar archive without a magic', tarBytes('data.pkl', pickleBytes(2), { v7: true }), /tar/],
    [
      'an HDF5 file behind a block of its user',
      Buffer.concat([Buffer.alloc(4096), Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')]),
      /HDF5/,
    ],
  ])('finds %s', async (_, bytes, words) => {
    expect(await find(bytes)).toMatch(words);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(5000)],
    [
      'an end record without a directory before it',
      Buffer.concat([Buffer.alloc(5000, 1), zip.subarray(-22)]),
    ],
    ['an end record that points before the start', zip.subarray(-22)],
    ['text', Buffer.from('a word and another\n'.repeat(100))],
  ])('finds nothing in %s', async (_, bytes) => {
    expect(await find(bytes)).toBeNull();
  });
});

function withComment(archive: Buffer, length: number): Buffer {
  const copy = Buffer.concat([archive, Buffer.alloc(length, 'c')]);
  copy.writeUInt16LE(length, archive.length - 2);
  return copy;
}
