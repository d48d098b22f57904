import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BundleFailure } from '../../../src/bundle/error.ts';
import { readFormat1Entries } from '../../../src/bundle/format1-entries.ts';
import { memorySource } from '../../../src/core/index.ts';
import { noise, pax, rawBundle, rawTar, TOP, type RawEntry } from './bundle-fixtures.ts';

async function read(bytes: Uint8Array): Promise<readonly (readonly [path: string, content: string])[]> {
  const entries: [string, string][] = [];
  for await (const { path, bytes: content } of readFormat1Entries(memorySource(bytes), {
    onTopFolder: () => undefined,
  })) {
    const parts: Uint8Array[] = [];
    for await (const piece of content) parts.push(piece.slice());
    entries.push([path, Buffer.concat(parts).toString('base64')]);
  }
  return entries;
}

describe('readFormat1Entries', () => {
  it('gives back what was packed, by name or by PAX record', async () => {
    const file = fc.record({ size: fc.nat({ max: 3000 }), isLong: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 8 }), async (files) => {
        const named = files.map(({ size, isLong }, index) => ({
          path: `model/${isLong ? `é${'n'.repeat(150)}` : 'n'}${index}`,
          bytes: noise(size, index),
        }));
        const entries = named.flatMap(({ path, bytes }): RawEntry[] =>
          path.length < 80
            ? [{ name: `${TOP}/${path}`, bytes }]
            : [pax({ path: `${TOP}/${path}` }), { name: 'x', bytes }],
        );
        expect(await read(rawBundle(entries))).toEqual(
          named.map(({ path, bytes }) => [path, Buffer.from(bytes).toString('base64')]),
        );
      }),
    );
  });

  it('passes over an entry that nobody reads', async () => {
    const paths: string[] = [];
    const bytes = rawBundle([{ name: `${TOP}/a`, bytes: noise(2000) }, { name: `${TOP}/b` }]);
    for await (const { path } of readFormat1Entries(memorySource(bytes), { onTopFolder: () => undefined }))
      paths.push(path);
    expect(paths).toEqual(['a', 'b']);
  });

  it('names the top folder before the first entry, and leaves folders out', async () => {
    let top = '';
    const bytes = rawBundle([
      { name: `${TOP}/`, type: '5' },
      { name: `${TOP}/model/`, type: '5' },
      { name: `${TOP}/a` },
    ]);
    for await (const { path } of readFormat1Entries(memorySource(bytes), {
      onTopFolder: (name) => (top = name),
    })) {
      expect([top, path]).toEqual([TOP, 'a']);
    }
  });

  it('reads any headers or throws a failure', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '/', '.', '\0', 'é', `${TOP}/`, 'model/'),
      maxLength: 12,
    });
    const entry: fc.Arbitrary<RawEntry> = fc.record(
      {
        name: text,
        prefix: text,
        type: fc.constantFrom('0', '5', 'x', '\0', '1', 'L', 'g'),
        size: fc.constantFrom(
          '00000000000\0',
          '00000001000\0',
          '77777777777\0',
          '\x80\0\0\0\0\0\0\0\0\0\0\0',
          'x',
        ),
        bytes: fc.constantFrom(
          Buffer.alloc(0),
          noise(700),
          Buffer.from('10 path=x\n'),
          Buffer.from('9 size=5\n'),
        ),
      },
      { requiredKeys: ['name'] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 6 }),
        fc.uint8Array({ maxLength: 1100 }),
        async (entries, end) => {
          await read(gzipSync(rawTar(entries, end))).catch((error: unknown) =>
            expect(error).toBeInstanceOf(BundleFailure),
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});
