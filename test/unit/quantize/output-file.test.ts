import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertRoom, onlyName } from '../../../src/quantize/output-file.ts';

describe('assertRoom', () => {
  it('lets pass what fits, also into a folder that is yet to be made', async () => {
    await expect(assertRoom(join(tmpdir(), 'not', 'there'), 1)).resolves.toBeUndefined();
  });

  it('refuses what no disk holds, with both numbers', async () => {
    await expect(assertRoom(tmpdir(), 2 ** 60)).rejects.toMatchObject({
      code: 'QUANTIZE_NO_ROOM',
      exitCode: 1,
      details: { expected: expect.stringMatching(/^\d{19} bytes free$/) as string },
    });
  });
});

describe('onlyName', () => {
  it('gives the name once, and refuses to find another', () => {
    const name = onlyName('/models/model-q4_0.gguf');
    expect(name(1)).toBe('model-q4_0.gguf');
    expect(() => name(2)).toThrowError(expect.objectContaining({ code: 'QUANTIZE_OUTPUT_EXISTS' }));
  });
});
