/** The Python reader on the page of the format reads what we write, agrees with our own, and refuses what it must. */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  createBundle,
  openArtifact,
  signBundle,
  verifyBundle,
  type CreatedBundle,
} from '../../src/bundle/index.ts';
import { ggufBytes } from '../../src/gguf/index.ts';
import { withFileSource } from '../../src/system/index.ts';
import { generateKeyPair } from '../../src/trust/index.ts';
import { writeHfDirectory } from '../fakes/hf-directory.ts';
import { hasPython, inputOf, makeBundle, smallModel, withFolder } from '../unit/bundle/bundle-fixtures.ts';

const PAGE = fileURLToPath(new URL('../../docs/bundle-format.md', import.meta.url));
const FLIPS = 40;

describe('the reader on docs/bundle-format.md', () => {
  it('has at most forty lines and needs nothing but Python itself', async () => {
    const script = await readerOfPage();
    expect(script.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
    expect([...script.matchAll(/^import (.+)$/gm)].map(([, names]) => names)).toEqual([
      'datetime, hashlib, json, struct, sys, zlib',
    ]);
  });
});

describe.skipIf(!hasPython)('the reader on docs/bundle-format.md (needs python3)', () => {
  it.each([
    ['one GGUF of several blocks', (folder: string) => makeBundle(folder, { sizeBytes: 200_000 })],
    ['one GGUF that ends with a block', (folder: string) => makeBundle(folder, { sizeBytes: 65_531 })],
    [
      'a version so long that its path needs the prefix',
      (folder: string) => makeBundle(folder, { version: 'v'.repeat(100) }),
    ],
    ['a signed one', async (folder: string) => makeBundle(folder, { sign: await generateKeyPair() })],
    ['a split GGUF', packSplit],
    ['a directory', packDirectory],
    ['a directory with so many files that the region grows', packLargeDirectory],
    ['a directory with long names, signed afterwards', packSignedLater],
  ] as const)('says of %s what ours says', async (_, pack) => {
    await withFolder(async (folder) => {
      const { path } = await pack(folder);
      const { metadata, artifactSha256 } = await withFileSource(path, (source) => verifyBundle(source));
      const { status, stdout, stderr } = await read(path, folder);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(JSON.parse(stdout)).toEqual({
        bundle_id: metadata.manifest.bundle_id,
        artifact_sha256: artifactSha256,
        sums: Object.fromEntries(metadata.sums),
      });
    });
  });

  it('refuses a bundle with one bit flipped, wherever', async () => {
    await withFolder(async (folder) => {
      const { path } = await makeBundle(folder, { sizeBytes: 100_000 });
      const bytes = await readFile(path);
      const broken = join(folder, 'broken.tar.gz');
      for (let turn = 0; turn < FLIPS; turn += 1) {
        // Half of them in the frame and metadata at the start, the others anywhere.
        const at = (turn * 104_729) % (turn % 2 === 0 ? 12_000 : bytes.length);
        const bit = 1 << (turn % 8);
        bytes[at] = (bytes[at] ?? 0) ^ bit;
        await writeFile(broken, bytes);
        bytes[at] = (bytes[at] ?? 0) ^ bit;
        expect((await read(broken, folder)).status, `bit ${bit} of byte ${at}`).not.toBe(0);
      }
    });
  });

  it('refuses a bundle that is cut, or goes on', async () => {
    await withFolder(async (folder) => {
      const { path } = await makeBundle(folder);
      const bytes = await readFile(path);
      for (const changed of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.of(0)])]) {
        await writeFile(path, changed);
        expect((await read(path, folder)).status).not.toBe(0);
      }
    });
  });
});

async function readerOfPage(): Promise<string> {
  const blocks = [...(await readFile(PAGE, 'utf8')).matchAll(/^```python\n([\s\S]*?)^```$/gm)];
  expect(blocks).toHaveLength(1);
  return blocks[0]?.[1] ?? '';
}

async function read(path: string, folder: string): Promise<SpawnSyncReturns<string>> {
  const script = join(folder, 'reader.py');
  await writeFile(script, await readerOfPage());
  return spawnSync('python3', ['-I', script, path], { encoding: 'utf8' });
}

async function packSplit(folder: string): Promise<CreatedBundle> {
  for (const no of [1, 2]) {
    const { metadata, tensors } = smallModel(80_000, no);
    const model = {
      metadata: [
        ...(no === 1 ? metadata : []),
        ['split.no', { kind: 'uint16', value: no - 1 }],
        ['split.count', { kind: 'uint16', value: 2 }],
        ['split.tensors.count', { kind: 'int32', value: 2 }],
      ],
      tensors: tensors.map((tensor) => ({ ...tensor, name: `weights.${no}` })),
    } as Parameters<typeof ggufBytes>[0];
    await writeFile(join(folder, `m-0000${no}-of-00002.gguf`), await ggufBytes(model));
  }
  return pack(folder, join(folder, 'm-00001-of-00002.gguf'), 'gguf');
}

async function packDirectory(folder: string): Promise<CreatedBundle> {
  const directory = join(folder, 'hf');
  await writeHfDirectory(directory, { 'README.md': 'A model.', 'sub/notes.txt': 'in a folder' });
  return pack(folder, directory, 'hf-distilled');
}

async function packSignedLater(folder: string): Promise<CreatedBundle> {
  const directory = join(folder, 'hf');
  // Of those that ustar has room for: 155 bytes before the last slash, with the top folder.
  const names = Array.from(
    { length: 8 },
    (_, no) => [`${'n'.repeat(100)}/${no}${'f'.repeat(90)}.txt`, `${no}`] as const,
  );
  await writeHfDirectory(directory, Object.fromEntries(names));
  const path = (await pack(folder, directory, 'hf-distilled')).path;
  await signBundle(path, { key: await generateKeyPair({ curve: 'P-521' }) });
  return { path } as CreatedBundle;
}

async function packLargeDirectory(folder: string): Promise<CreatedBundle> {
  const directory = join(folder, 'hf');
  const names = Array.from({ length: 400 }, (_, no) => [`notes/${no}.txt`, `${no}`] as const);
  await writeHfDirectory(directory, Object.fromEntries(names));
  return pack(folder, directory, 'hf-distilled');
}

async function pack(folder: string, path: string, type: 'gguf' | 'hf-distilled'): Promise<CreatedBundle> {
  const artifact = await openArtifact(path, { type });
  return createBundle({ ...inputOf(artifact), outDir: join(folder, 'out') });
}
