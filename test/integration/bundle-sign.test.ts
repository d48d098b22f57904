/** Bundles that are signed when they are packed, or later; what others make of them, and what is refused. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { chmod, link, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createBundle,
  extractBundle,
  inspectBundle,
  openArtifact,
  signBundle,
  stageArtifact,
  verifyBundle,
  verifySignedBundle,
  type CreatedBundle,
} from '../../src/bundle/index.ts';
import type { ByteSource } from '../../src/core/index.ts';
import { memorySource } from '../../src/core/index.ts';
import { withFileSource } from '../../src/system/index.ts';
import { generateKeyPair, matchResources, verifySignature, type SigningKey } from '../../src/trust/index.ts';
import { writeHfDirectory } from '../fakes/hf-directory.ts';
import {
  inputOf,
  makeBundle,
  NOW,
  privateFolder,
  pythonFiles,
  rawTar,
  sha256,
  smallGguf,
  TOP,
  withFolder,
} from '../unit/bundle/bundle-fixtures.ts';
import { gzipSync } from 'node:zlib';

const RELEASE = { line: 'org/base', counter: 7, expires: '2027-01-31T00:00:00Z' } as const;
const REGION_BYTES = 65_536;
const door = (room: string): string =>
  JSON.stringify(new URL(`../../dist/${room}/index.js`, import.meta.url).href);
/** Signs, and stands still once the model has been copied. */
const SIGN_AND_HOLD = `
  const { signBundle } = await import(${door('bundle')});
  const { generateKeyPair } = await import(${door('trust')});
  await signBundle(process.argv[1], {
    key: await generateKeyPair(),
    onProgress: () => {
      process.stdout.write('held');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    },
  });
  process.stdout.write('signed');`;
let key: SigningKey;
let other: SigningKey;

beforeAll(async () => {
  [key, other] = await Promise.all([generateKeyPair(), generateKeyPair({ curve: 'P-521' })]);
});

const verify = (source: ByteSource, keys = [key]) =>
  verifySignedBundle(source, { keys, policy: null, now: NOW });
const verifyFile = (path: string, keys = [key]) => withFileSource(path, (source) => verify(source, keys));

describe('createBundle with a key', () => {
  it('signs every file but the signature, in a first region of 64 KiB that tar can read', async () => {
    await withFolder(async (folder) => {
      const made = await makeBundle(folder, { sign: key, release: RELEASE });
      expect(made.signedBy).toBe(key.id);
      expect(made.edge.release).toEqual(RELEASE);
      const { bundle, signature } = await verifyFile(made.path);
      expect(signature).toMatchObject({ keyId: key.id, subjectName: made.bundleId });
      expect([...signature!.resources.keys()]).toEqual([
        'SHA256SUMS',
        'benchmark_summary.json',
        'edge.json',
        'manifest.json',
        'model/model-f32.gguf',
        'registry_entry.json',
      ]);
      expect(signature?.resources).toEqual(bundle.digests);
      execFileSync('tar', ['xzf', made.path, '-C', folder]);
      const top = join(folder, made.bundleId);
      const padded = await readFile(join(top, 'model.sig'));
      expect(padded.length % 512).toBe(0);
      expect(padded.toString()).toMatch(/^\{.*\} +\n$/);
      expect(spawnSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: top }).status).toBe(0);
    });
  });

  it('keeps room that holds the signature of any key', async () => {
    await withFolder(async (folder) => {
      const sizes = new Set<number>();
      for (const sign of [key, other, undefined]) {
        const made = await makeBundle(folder, { sign });
        sizes.add(made.sizeBytes);
      }
      expect(sizes.size).toBe(1);
    });
  });

  it.each([
    { ...RELEASE, line: '' },
    { ...RELEASE, line: 'a\u0007' },
    { ...RELEASE, line: 'x'.repeat(256) },
    { ...RELEASE, counter: -1 },
    { ...RELEASE, counter: 2 ** 53 },
    { ...RELEASE, expires: 'tomorrow' },
    { ...RELEASE, expires: '2027-02-30T00:00:00Z' },
    { ...RELEASE, expires: '2027-01-31T00:00:00' },
  ])('refuses to state %j', async (release) => {
    await withFolder(async (folder) => {
      await expect(makeBundle(folder, { release })).rejects.toMatchObject({ code: 'BUNDLE_RELEASE_INVALID' });
      expect(await readdir(folder)).toEqual(['model-f32.gguf']);
    });
  });
});

describe('stageArtifact with a key', () => {
  it('leaves the signature beside the files that it covers', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'm.gguf'), await smallGguf());
      const artifact = await openArtifact(join(folder, 'm.gguf'), { type: 'gguf' });
      const directory = await privateFolder(folder);
      const { signedBy } = await stageArtifact({
        ...inputOf(artifact),
        directory,
        sign: key,
        release: RELEASE,
      });
      expect(signedBy).toBe(key.id);
      const signature = verifySignature(await readFile(join(directory, 'model.sig')), { keys: [key] });
      const files = new Map<string, string>();
      for (const name of signature.resources.keys())
        files.set(name, sha256(await readFile(join(directory, name))));
      expect(() => matchResources(signature, files)).not.toThrow();
    });
  });
});

describe('extractBundle of a signed bundle', () => {
  it('gives the signature and the digests of the bytes that it wrote', async () => {
    await withFolder(async (folder) => {
      const { path } = await makeBundle(folder, { sign: key });
      const directory = await privateFolder(folder);
      const { metadata, digests } = await withFileSource(path, (source) => extractBundle(source, directory));
      const signature = verifySignature(metadata.signature ?? new Uint8Array(), { keys: [key] });
      expect(() => matchResources(signature, digests)).not.toThrow();
      const padded = (await readFile(join(directory, 'model.sig'))).toString();
      expect(padded.trimEnd()).toBe(Buffer.from(metadata.signature ?? []).toString());
    });
  });
});

describe('signBundle', () => {
  it('gives the very bundle that packing with the key gives, but for the signature', async () => {
    await withFolder(async (folder) => {
      const made = await makeBundle(folder, { sizeBytes: 200_000 });
      const before = await readFile(made.path);
      await chmod(made.path, 0o640);
      const signed = await signBundle(made.path, { key });
      expect(signed).toMatchObject({
        signedBy: key.id,
        replaced: null,
        metadata: { signed: 'signed, not checked' },
      });
      const after = await readFile(made.path);
      expect(after.length).toBe(before.length);
      expect(after.subarray(REGION_BYTES).equals(before.subarray(REGION_BYTES))).toBe(true);
      expect((await stat(made.path)).mode & 0o777).toBe(0o640);
      expect((await verifyFile(made.path)).signature?.keyId).toBe(key.id);
      const packed = await makeBundle(folder, { sizeBytes: 200_000, sign: key });
      const [one, two] = await Promise.all(
        [made, packed].map(({ path }) => withFileSource(path, (source) => inspectBundle(source))),
      );
      expect(one?.sums).toEqual(two?.sums);
      expect(await readdir(join(folder, 'out'))).toHaveLength(2);
    });
  });

  it('states a release that was not stated, and changes nothing else of edge.json', async () => {
    await withFolder(async (folder) => {
      const made = await makeBundle(folder);
      const { metadata } = await signBundle(made.path, { key, release: RELEASE });
      expect(metadata.edge).toEqual({ ...made.edge, release: RELEASE });
      const { bundle } = await verifyFile(made.path);
      expect(bundle.metadata.edge?.release).toEqual(RELEASE);
    });
  });

  it('takes the next multiple of 64 KiB where the signature does not fit, and moves the model unchanged', async () => {
    await withFolder(async (folder) => {
      // So many long names that the room kept for a signature is too small for it.
      const folders = Array.from({ length: 4 }, () => 'n'.repeat(200)).join('/');
      const names = Array.from({ length: 120 }, (_, no) => [`${folders}/${no}.txt`, `${no}`] as const);
      await writeHfDirectory(join(folder, 'hf'), Object.fromEntries(names));
      const artifact = await openArtifact(join(folder, 'hf'), { type: 'hf-distilled' });
      const made = await createBundle({ ...inputOf(artifact), outDir: folder });
      const packed = await createBundle({ ...inputOf(artifact), outDir: folder, sign: key });
      const { metadata, copiedBytes } = await signBundle(made.path, { key });
      expect(metadata.sizeBytes).toBeGreaterThan(made.sizeBytes);
      expect(metadata.sizeBytes).toBe(packed.sizeBytes);
      expect(copiedBytes).toBeGreaterThan(0);
      const { bundle, signature } = await verifyFile(made.path);
      expect(bundle.artifactSha256).toBe(made.artifactSha256);
      expect(signature?.resources.size).toBe(artifact.files.length + 5);
    });
  });

  it('follows a link to the file, and leaves another name of it as it was', async () => {
    await withFolder(async (folder) => {
      const { path } = await makeBundle(folder);
      const before = await readFile(path);
      await link(path, join(folder, 'kept.tar.gz'));
      await symlink(path, join(folder, 'link.tar.gz'));
      expect((await signBundle(join(folder, 'link.tar.gz'), { key })).path).toBe(path);
      expect((await verifyFile(path)).signature).not.toBeNull();
      expect((await readFile(join(folder, 'kept.tar.gz'))).equals(before)).toBe(true);
    });
  });

  it('refuses a signed bundle, unless the signature is to be replaced', async () => {
    await withFolder(async (folder) => {
      const { path } = await makeBundle(folder, { sign: key });
      const before = await readFile(path);
      await expect(signBundle(path, { key: other })).rejects.toMatchObject({
        code: 'TRUST_SIGNATURE_PRESENT',
        aftermath: 'unchanged',
      });
      expect((await readFile(path)).equals(before)).toBe(true);
      const { replaced } = await signBundle(path, { key: other, replace: true });
      expect(verifySignature(replaced ?? new Uint8Array(), { keys: [key] }).keyId).toBe(key.id);
      await expect(verifyFile(path)).rejects.toMatchObject({ code: 'TRUST_KEY_UNKNOWN' });
      expect((await verifyFile(path, [other])).signature?.keyId).toBe(other.id);
    });
  });

  it('refuses a bundle of the Python tool, a file that is none, and a damaged one, and leaves them alone', async () => {
    await withFolder(async (folder) => {
      const python = rawTar([...pythonFiles()].map(([name, bytes]) => ({ name: `${TOP}/${name}`, bytes })));
      const damaged = await readFile((await makeBundle(folder)).path);
      damaged[3000] = (damaged[3000] ?? 0) ^ 1;
      for (const [code, bytes] of [
        ['TRUST_BUNDLE_UNSIGNABLE', gzipSync(python)],
        ['BUNDLE_NOT_A_BUNDLE', Buffer.from('no bundle at all, whatever its name says')],
        ['BUNDLE_CORRUPT', damaged],
      ] as const) {
        const path = join(folder, `${code}.tar.gz`);
        await writeFile(path, bytes);
        await expect(signBundle(path, { key }), code).rejects.toMatchObject({ code });
        expect((await readFile(path)).equals(bytes)).toBe(true);
      }
    });
  });

  it('leaves the bundle and nothing else where it is interrupted, or replaced meanwhile', async () => {
    await withFolder(async (folder) => {
      const { path } = await makeBundle(folder, { sizeBytes: 300_000 });
      const before = await readFile(path);
      const controller = new AbortController();
      controller.abort();
      await expect(signBundle(path, { key, signal: controller.signal })).rejects.toMatchObject({
        code: 'CORE_INTERRUPTED',
      });
      expect((await readFile(path)).equals(before)).toBe(true);
      await writeFile(join(folder, 'newer'), 'another file');
      let wasReplaced = false;
      const work = signBundle(path, {
        key,
        // Not called where the file system shares the blocks.
        onProgress: () => {
          if (!wasReplaced) renameSync(join(folder, 'newer'), path);
          wasReplaced = true;
        },
      });
      const code = await work.then(
        () => null,
        (error: { readonly code?: string }) => error.code,
      );
      expect(code).toBe(wasReplaced ? 'SYSTEM_FILE_CHANGED' : null);
      if (wasReplaced) expect(await readFile(path, 'utf8')).toBe('another file');
      expect((await readdir(join(folder, 'out'))).filter((name) => name.startsWith('.'))).toEqual([]);
    });
  });
});

describe('signing that is killed', () => {
  it('leaves the bundle as it was, and what it left is gone with the next signing', async () => {
    await withFolder(async (folder) => {
      const { path } = await makeBundle(folder, { sizeBytes: 300_000 });
      const before = await readFile(path);
      const child = spawn(process.execPath, ['--input-type=module', '-e', SIGN_AND_HOLD, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
      // Where the file system shares the blocks there is nothing to hold it at.
      if (said.toString().startsWith('held')) {
        expect((await readFile(path)).equals(before)).toBe(true);
        expect(await readdir(join(folder, 'out'))).toHaveLength(2);
      }
      await signBundle(path, { key, replace: true });
      expect(await readdir(join(folder, 'out'))).toHaveLength(1);
      expect((await verifyFile(path)).signature?.keyId).toBe(key.id);
    });
  });
});

describe('verifySignedBundle', () => {
  let signed: CreatedBundle;
  let bytes: Buffer;

  const packed = () =>
    withFolder(async (folder) => {
      signed = await makeBundle(folder, { sign: key, sizeBytes: 100_000 });
      bytes = await readFile(signed.path);
    });
  beforeAll(packed);

  it('wants a signature where a key is named', async () => {
    await withFolder(async (folder) => {
      const { path } = await makeBundle(folder);
      await expect(verifyFile(path)).rejects.toMatchObject({ code: 'TRUST_SIGNATURE_MISSING', exitCode: 3 });
    });
  });

  it('refuses a signature that does not hold before it reads the weights', async () => {
    const reads: number[] = [];
    const source = memorySource(bytes);
    const watched: ByteSource = {
      ...source,
      read: (offset, length, into) => {
        reads.push(offset + length);
        return source.read(offset, length, into);
      },
    };
    await expect(verify(watched, [other])).rejects.toMatchObject({ code: 'TRUST_KEY_UNKNOWN' });
    expect(Math.max(...reads)).toBeLessThanOrEqual(REGION_BYTES);
  });

  it('judges the bytes of the one pass: a source that answers differently the second time is refused', async () => {
    const forged = await withFolder(async (folder) => {
      const { path } = await makeBundle(folder, { sign: other, sizeBytes: 100_000 });
      return readFile(path);
    });
    expect(forged.length).toBe(bytes.length);
    // The start is read for the early look; everything after that is another bundle.
    let readings = 0;
    const source = memorySource(bytes);
    const later = memorySource(forged);
    const turning: ByteSource = {
      ...source,
      read: (offset, length, into) => {
        if (offset === 0 && length > 1000) readings += 1;
        return (readings > 1 ? later : source).read(offset, length, into);
      },
    };
    await expect(verify(turning)).rejects.toMatchObject({ code: 'TRUST_KEY_UNKNOWN' });
    expect(readings).toBe(2);
  });

  it('refuses the signature of one bundle in another', async () => {
    await withFolder(async (folder) => {
      const { path } = await makeBundle(folder, { sizeBytes: 50_000 });
      const { metadata } = await verifyBundle(memorySource(bytes));
      const stolen = verifySignature(metadata.signature ?? new Uint8Array(), { keys: [key] });
      const { digests } = await withFileSource(path, (source) => verifyBundle(source));
      expect(() => matchResources(stolen, digests)).toThrow(
        expect.objectContaining({ code: 'TRUST_DIGEST_MISMATCH' }),
      );
    });
  });

  it('refuses weights that were changed together with every digest that is not signed', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'out'));
      const changed = await makeBundle(folder, {
        sizeBytes: 100_000,
        sign: other,
        clock: { now: () => NOW },
      });
      // The region of the trusted bundle over weights that are not its own.
      const mixed = Buffer.concat([
        bytes.subarray(0, REGION_BYTES),
        (await readFile(changed.path)).subarray(REGION_BYTES),
      ]);
      mixed[REGION_BYTES + 2000] = (mixed[REGION_BYTES + 2000] ?? 0) ^ 1;
      await expect(verify(memorySource(mixed))).rejects.toMatchObject({ exitCode: 3 });
      await rm(changed.path);
    });
  });
});
