import { describe, expect, it } from 'vitest';
import { encodeKeyOverrides, importanceKeys } from '../../../src/quantize/key-overrides.ts';

describe('encodeKeyOverrides', () => {
  it('lays each out as llama.h does, and ends with an empty one', () => {
    const bytes = encodeKeyOverrides([
      { key: 'a.text', value: 'hello' },
      { key: 'a.number', value: 258 },
    ]);
    const view = new DataView(bytes.buffer);
    const textAt = (offset: number, length: number): string =>
      new TextDecoder().decode(bytes.subarray(offset, offset + length));
    expect(bytes.length).toBe(3 * 264);
    expect([view.getInt32(0, true), textAt(4, 7), textAt(136, 6)]).toEqual([3, 'a.text\0', 'hello\0']);
    expect([view.getInt32(264, true), textAt(268, 9)]).toEqual([0, 'a.number\0']);
    expect(view.getBigInt64(264 + 136, true)).toBe(258n);
    expect(bytes.subarray(528).every((byte) => byte === 0)).toBe(true);
  });

  it('cuts a long text between two characters, with room for the zero at its end', () => {
    const bytes = encodeKeyOverrides([{ key: 'k', value: `x${'é'.repeat(100)}` }]);
    const value = bytes.subarray(136, 264);
    expect(new TextDecoder('utf-8', { fatal: true }).decode(value.subarray(0, value.indexOf(0)))).toBe(
      `x${'é'.repeat(63)}`,
    );
    expect(value[127]).toBe(0);
  });
});

describe('importanceKeys', () => {
  const matrix = { entries: [], chunkCount: 0, datasets: [], path: '/srv/secret/m.gguf' };

  it('tells the name of the file and not its folders, and only what is known', () => {
    expect(importanceKeys(matrix)).toEqual([
      { key: 'quantize.imatrix.file', value: 'm.gguf' },
      { key: 'quantize.imatrix.entries_count', value: 0 },
    ]);
  });

  it('tells of the first text, and of the chunks', () => {
    expect(importanceKeys({ ...matrix, datasets: ['a', 'b'], chunkCount: 3 })).toContainEqual({
      key: 'quantize.imatrix.dataset',
      value: 'a',
    });
  });
});
