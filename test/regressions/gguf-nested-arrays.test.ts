/** Arrays in arrays ten thousand deep must not exhaust the stack, nor a million of them side by side the memory. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/core/index.ts';
import { parseGguf } from '../../src/gguf/index.ts';
import { RawGguf } from '../fixtures/raw-gguf.ts';

describe('arrays in arrays', () => {
  it('ten thousand deep are refused', async () => {
    const raw = new RawGguf().header({ keys: 1 }).string('k').u32(9);
    const level = new RawGguf().u32(9).u64(1).bytes();
    for (let depth = 0; depth < 10_000; depth += 1) raw.raw(level);
    await expect(parseGguf(memorySource(raw.u32(0).u64(0).bytes()))).rejects.toMatchObject({
      code: 'GGUF_LIMIT_EXCEEDED',
    });
  });

  it('a hundred thousand side by side are refused', async () => {
    const raw = new RawGguf()
      .header({ keys: 1 })
      .string('k')
      .u32(9)
      .u32(9)
      .u64(100_000)
      .zeros(100_000 * 12);
    await expect(parseGguf(memorySource(raw.bytes()))).rejects.toMatchObject({ code: 'GGUF_LIMIT_EXCEEDED' });
  });
});
