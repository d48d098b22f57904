/** Ctrl-C, a kill and a full disk, at the moments that matter: one clear error, and nothing left behind. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { familyPath } from '../fakes/reference-model.ts';
import { toEntry } from '../fakes/registry-entry.ts';
import { canMakeDisk, makeDisk, type SmallDisk } from '../fakes/small-disk.ts';
import { quantizeAt, snapshot } from './quantize-moment.ts';
import { useShop } from './shop.ts';

const shop = useShop();

beforeAll(() =>
  shop.saveRegistry([toEntry('sound', { model_path: familyPath('llama'), quantization: null })]),
);

describe('Ctrl-C', () => {
  it.each([
    ['Converting', 'SIGINT'],
    ['Quantizing 430.7 kB to Q8_0', 'SIGINT'],
    ['Loading it', 'SIGTERM'],
  ] as const)('at "%s" leaves nothing (%s)', async (message, signal) => {
    const before = await snapshot(shop.folder);
    const ended = await quantizeAt(shop, { message, signal }, 'sound', '--type', 'Q4_0,Q8_0');
    expect(ended).toMatchObject({ exitCode: 130, stdout: '' });
    expect(ended.stderr.match(/^error .*/gm)).toEqual([
      expect.stringMatching(/^error CORE_INTERRUPTED: /) as string,
    ]);
    expect(await snapshot(shop.folder)).toEqual(before);
  });
});

describe('a command that is killed', () => {
  it.each(['Converting', 'Quantizing'])('at "%s" leaves no file', async (message) => {
    const files = async (): Promise<readonly string[]> =>
      (await snapshot(shop.folder)).filter((line) => !line.endsWith('/'));
    const before = await files();
    const ended = await quantizeAt(shop, { message, signal: 'SIGKILL' }, 'sound');
    expect(ended.exitCode).toBe(null);
    expect(await files()).toEqual(before);
  });
});

describe.skipIf(!canMakeDisk('ext4'))('a disk (needs root and loop devices)', () => {
  let disk: SmallDisk;
  beforeEach(() => {
    disk = makeDisk('ext4');
  });
  afterEach(() => disk.remove());

  it('that has no room for all of it is refused with the numbers, before a byte is written', async () => {
    const sizes = await shop.document('quantize', 'sound', '--type', 'Q8_0,F16', '--dry-run');
    const made = sizes.json['quantized'] as { size_bytes: number }[];
    const needed =
      made.reduce((sum, { size_bytes: bytes }) => sum + bytes, Number(sizes.json['source_bytes'])) +
      16 * 2 ** 20;
    await disk.leaveFree(needed - 4096);
    const before = await snapshot(disk.path, shop.state);
    const args = ['sound', '--type', 'Q8_0,F16', '--out', join(disk.path, 'a/b')];
    const refused = await shop.document('quantize', ...args);
    expect(refused).toMatchObject({
      exitCode: 1,
      json: { error: { code: 'QUANTIZE_NO_ROOM', details: { expected: `${needed} bytes free` } } },
    });
    expect(await snapshot(disk.path, shop.state)).toEqual(before);
    await disk.leaveFree(needed);
    expect(await shop.document('quantize', ...args, '--dry-run')).toMatchObject({ exitCode: 0 });
  });

  it.each([
    ['Converting', 'SYSTEM_DISK_FULL'],
    ['Quantizing', 'QUANTIZE_NO_ROOM'],
  ])('that runs full at "%s" gets back what was taken', async (message, code) => {
    const { path } = disk;
    await disk.leaveFree(24 * 2 ** 20);
    const before = await snapshot(shop.state);
    const shell = `head -c 1G /dev/zero > '${path}/other' || true`;
    const ended = await quantizeAt(shop, { message, shell }, 'sound', '--out', join(path, 'a/b'));
    expect(ended).toMatchObject({ exitCode: 1, stdout: '' });
    expect(ended.stderr.match(/^error \w+/gm)).toEqual([`error ${code}`]);
    expect((await readdir(path)).toSorted()).toEqual(['.filler', 'lost+found', 'other']);
    expect(await snapshot(shop.state)).toEqual(before);
  });
});
