import { describe, expect, it } from 'vitest';
import { largeSampleModel } from '../../../src/gguf/large-sample-model.ts';
import { encodeGguf, ggufSizeBytes } from '../../../src/gguf/write.ts';

describe('largeSampleModel', () => {
  it.each([16e6, 100e6, 500e6, 2 ** 30, 8 * 2 ** 30])('comes within 3 % of %d bytes', (sizeBytes) => {
    expect(Math.abs(ggufSizeBytes(largeSampleModel({ sizeBytes })) / sizeBytes - 1)).toBeLessThan(0.03);
  });

  it('streams pieces of at most two megabytes that make up the size', async () => {
    const model = largeSampleModel({ sizeBytes: 64e6 });
    let done = 0;
    for await (const piece of encodeGguf(model)) {
      expect(piece.length).toBeLessThan(2e6);
      done += piece.length;
    }
    expect(done).toBe(ggufSizeBytes(model));
  });
});
