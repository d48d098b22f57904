import fc from 'fast-check';
import { extract, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import {
  concat,
  formatTarHeader,
  paddingOf,
  tarHeaderBytes,
  type TarFile,
} from '../../../src/bundle/tar-header.ts';
import { parseUstar } from '../../../src/bundle/ustar.ts';

const file = (path: string, sizeBytes = 5, mtimeSeconds = 1_700_000_000): TarFile => ({
  path,
  sizeBytes,
  mtimeSeconds,
});

/** What tar-stream reads in it. */
async function readBack(header: Uint8Array): Promise<Header> {
  return new Promise((resolve, reject) => {
    const parser = extract();
    parser.on('entry', (headers) => resolve(headers));
    parser.on('error', reject);
    parser.write(Buffer.from(header));
  });
}

describe('formatTarHeader', () => {
  it('is one block where ustar can say the name and the size', async () => {
    const paths = [
      'a',
      'n'.repeat(100),
      `${'p'.repeat(155)}/${'n'.repeat(100)}`,
      `${'p'.repeat(60)}/${'q'.repeat(60)}`,
    ];
    for (const path of paths) {
      const header = formatTarHeader(file(path));
      expect(header).toHaveLength(512);
      expect(parseUstar(header)).toEqual({ path, sizeBytes: 5, type: '0' });
      expect(await readBack(header)).toMatchObject({
        name: path,
        size: 5,
        mode: 0o644,
        uid: 0,
        gid: 0,
        type: 'file',
      });
    }
  });

  it('has a PAX header for a name that ustar cannot say, and then only', async () => {
    const paths = [
      'ü',
      'n'.repeat(101),
      `${'p'.repeat(156)}/n`,
      `a/${'n'.repeat(101)}`,
      `${'漢'.repeat(60)}/x`,
    ];
    for (const path of paths) {
      const header = formatTarHeader(file(path));
      expect(header).toHaveLength(1536);
      expect(await readBack(header)).toMatchObject({ name: path, size: 5 });
    }
  });

  it('has a PAX header for a size from 8 GiB, and then only', async () => {
    expect(formatTarHeader(file('a', 8 ** 11 - 1))).toHaveLength(512);
    const header = formatTarHeader(file('a', 8 ** 11));
    expect(header).toHaveLength(1536);
    expect(await readBack(header)).toMatchObject({ name: 'a', size: 8 ** 11 });
  });

  it('is as long as it says, and read back equal by a second reader', async () => {
    const path = fc.stringMatching(/^[a-zé漢/]{1,300}$/).filter((text) => !text.endsWith('/'));
    await fc.assert(
      fc.asyncProperty(
        path,
        fc.nat({ max: 2 ** 36 }),
        fc.nat({ max: 8 ** 11 - 1 }),
        async (name, size, mtime) => {
          const header = formatTarHeader(file(name, size, mtime));
          expect(header).toHaveLength(tarHeaderBytes(file(name, size, mtime)));
          expect(await readBack(header)).toMatchObject({ name, size, mtime: new Date(mtime * 1000) });
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('paddingOf', () => {
  it('fills the last block', () => {
    expect([0, 1, 511, 512, 513].map(paddingOf)).toEqual([0, 511, 1, 0, 511]);
  });
});

describe('concat', () => {
  it('joins', () => {
    expect(concat([Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3)])).toEqual(Uint8Array.of(1, 2, 3));
  });
});
