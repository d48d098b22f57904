/** A release from another one that lies on the target already: its files copied byte by byte, or linked, and hashed on the way. */
import { link, lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { artifactDigest } from '../bundle/index.ts';
import { throwIfAborted } from '../core/index.ts';
import { createExclusive, createSha256, openFileSource, toSystemFailure } from '../system/index.ts';
import type { ReleaseDamage } from './compare-release.ts';
import { isThere } from './release-folder.ts';
import { folderClaims } from './release-claims.ts';
import { readReleaseMetadata } from './release-metadata.ts';
import type { OpenRelease, StageOptions, WorkOptions } from './release-source.ts';
import type { KnownRelease } from './target-view.ts';
import {
  assertUndamaged,
  findDamage,
  hashSums,
  readReleaseSums,
  releaseDamaged,
  SIGNATURE_NAME,
  SUMS_NAME,
} from './verify-release.ts';

export interface ReleaseFolder {
  readonly directory: string;
  /** What the journal says of it. */
  readonly known: KnownRelease;
}

/** What SHA256SUMS lists must be sound; it is hashed once more as it is copied. Throws `DEPLOY_RELEASE_DAMAGED`, `SYSTEM_*`. */
export async function openReleaseFolder(folder: ReleaseFolder): Promise<OpenRelease> {
  const { directory, known } = folder;
  const { version, bundleId, artifactSha256 } = known;
  const sums = await readReleaseSums(directory);
  if (sums === null || artifactDigest(sums) !== artifactSha256)
    throw releaseDamaged(directory, [UNUSABLE_LIST]);
  const metadata = await readReleaseMetadata(directory, artifactSha256);
  const { artifactType, evidence, summary, registeredAt, memoryBytes } = metadata;
  const modelFiles = [...sums.keys()].filter((path) => path.startsWith('model/'));
  const sizes = await Promise.all(modelFiles.map((path) => readSize(join(directory, path))));
  const totalSizeBytes = sizes.reduce((sum, size) => sum + size, 0);
  const claims = folderClaims(metadata, totalSizeBytes);
  return {
    facts: { version, bundleId, artifactType, artifactSha256, evidence, summary, registeredAt },
    needs: {
      version,
      artifactSha256,
      totalSizeBytes,
      largestFileBytes: Math.max(0, ...sizes),
      memoryBytes,
      packedBytes: 0,
    },
    bundlePath: null,
    measuredOn: null,
    allowedRules: metadata.waivedRules,
    statedTemplates: metadata.chatTemplates,
    unsafeFiles: metadata.unsafeFiles,
    claims,
    warnings: [],
    findSharedBytes: () => Promise.resolve(0),
    async stage(to, options) {
      await copyRelease(
        { from: directory, to, sums: await withUnlisted(folder, sums) },
        options,
        totalSizeBytes,
      );
      return { artifactSha256, modelFiles, checksumVerified: true, claims, warnings: [] };
    },
    async verify({ signal, onProgress }) {
      assertUndamaged(directory, await findDamage(directory, { ...known, signal, onProgress }));
      return { claims, warnings: [] };
    },
    close: () => Promise.resolve(),
  };
}

/** Larger pieces copy no faster. */
const COPY_BYTES = 4 * 1024 * 1024;

const UNUSABLE_LIST: ReleaseDamage = { path: SUMS_NAME, kind: 'changed', expected: null, received: null };

interface ReleaseCopy {
  readonly from: string;
  readonly to: string;
  /** Path → digest, of every file. */
  readonly sums: ReadonlyMap<string, string | null>;
}

async function copyRelease(
  { from, to, sums }: ReleaseCopy,
  { signal, onProgress, known }: StageOptions,
  totalBytes: number,
): Promise<void> {
  let doneBytes = 0;
  const onBytes = (sizeBytes: number): void => {
    doneBytes += sizeBytes;
    onProgress?.({ kind: 'bytes', step: 'copy', doneBytes, totalBytes: Math.max(totalBytes, doneBytes) });
  };
  for (const [path, sha256] of sums) {
    const target = join(to, path);
    await makePrivate(dirname(target));
    const existing = path.startsWith('model/') && sha256 !== null ? known?.get(sha256) : undefined;
    if (existing !== undefined && (await isLinked(existing, target))) continue;
    const received = await copyFile(join(from, path), target, { onBytes, signal });
    if (sha256 === null || received === sha256) continue;
    const sides = { expected: `sha256:${sha256}`, received: `sha256:${received}` };
    throw releaseDamaged(from, [{ path, kind: 'changed', ...sides }]);
  }
}

/** Beside the listed files: the list, as it was deployed, and the signature that came with it. */
async function withUnlisted(
  { directory, known }: ReleaseFolder,
  sums: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string | null>> {
  const all = new Map<string, string | null>(sums);
  all.set(SUMS_NAME, known.sumsSha256 ?? (await hashSums(directory)));
  if (await isThere(join(directory, SIGNATURE_NAME))) all.set(SIGNATURE_NAME, null);
  return all;
}

/** The digest of what was written. */
async function copyFile(
  from: string,
  to: string,
  { onBytes, signal }: { readonly onBytes: (sizeBytes: number) => void } & Pick<WorkOptions, 'signal'>,
): Promise<string> {
  const source = await openFileSource(from, { followLinks: false });
  try {
    const handle = await createExclusive(to);
    try {
      const hash = createSha256();
      for (let at = 0; at < source.sizeBytes; at += COPY_BYTES) {
        throwIfAborted(signal);
        const bytes = await source.read(at, Math.min(COPY_BYTES, source.sizeBytes - at));
        hash.update(bytes);
        await handle.writeFile(bytes);
        onBytes(bytes.length);
      }
      await source.assertUnchanged();
      return hash.digest('hex');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toSystemFailure(error, { path: to, action: 'write' });
  } finally {
    await source.close();
  }
}

async function isLinked(existing: string, target: string): Promise<boolean> {
  return link(existing, target).then(
    () => true,
    // Another file system, or as many names as a file can have.
    () => false,
  );
}

async function makePrivate(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

/** One that is missing is found when it is copied. */
function readSize(path: string): Promise<number> {
  return lstat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
