import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertKey, loadApiKey } from '../../../src/serve/api-key.ts';

const KEY = 'abcdef0123456789abcdef';
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-key-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function save(text: string, mode = 0o600): Promise<string> {
  const path = join(folder, 'key');
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

describe('loadApiKey', () => {
  it.each([
    ['too short', 'abc\n', /at least 16 characters/],
    ['empty', '', /one word/],
    ['two words', `${KEY} ${KEY}`, /one word/],
    ['no text', '\u0000'.repeat(20), /one word/],
    ['too large', KEY.repeat(1000), /at most 4096 bytes/],
  ])('refuses one that is %s, without showing it', async (_, text, expected) => {
    const loading = loadApiKey(await save(text));
    await expect(loading).rejects.toMatchObject({
      code: 'SERVE_KEY_UNUSABLE',
      details: { expected: expect.stringMatching(expected) as string },
    });
  });

  it('refuses one that everybody on this machine can read', async () => {
    await expect(loadApiKey(await save(KEY, 0o644))).rejects.toMatchObject({
      code: 'SERVE_KEY_UNUSABLE',
      details: { received: 'mode 644' },
    });
  });
});

describe('assertKey', () => {
  it('takes the key, with or without a line end in its file, and nothing else', async () => {
    const key = await loadApiKey(await save(`${KEY}\n`, 0o640));
    expect(() => assertKey(`Bearer ${KEY}`, key)).not.toThrow();
    expect(() => assertKey(`bearer  ${KEY} `, key)).not.toThrow();
    for (const wrong of [undefined, '', KEY, `Basic ${KEY}`, `Bearer ${KEY}x`, 'Bearer', `Bearer x ${KEY}`]) {
      expect(() => assertKey(wrong, key)).toThrow(expect.objectContaining({ status: 401 }) as Error);
    }
  });

  it('asks for none where there is none', () => {
    expect(() => assertKey(undefined, null)).not.toThrow();
  });
});
