/** Hashes the files of a release again and compares them with what was deployed. */
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { artifactDigest, assertSafePath, parseSums } from '../bundle/index.ts';
import { CoreFailure, escapeText, Failure, isErrno, type OnProgress } from '../core/index.ts';
import { hashBytes, hashSource, openFileSource, SystemFailure, toSystemFailure } from '../system/index.ts';
import { DeployFailure } from './error.ts';
import { MAX_SUMS_BYTES } from './limits.ts';
import { ENVIRONMENT_FILE, environmentFile, MODEL_LINK } from './release-folder.ts';

export interface VerifyReleaseOptions {
  /** Of the artifact that was deployed, as the journal has it: whoever changed a file may have changed SHA256SUMS too. */
  readonly artifactSha256: string;
  /** With the version, model.env is compared too: a server is started by it. */
  readonly version?: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** A file of a release that is not as it was deployed. */
export interface ReleaseDamage {
  readonly path: string;
  readonly kind: 'missing' | 'changed' | 'extra' | 'not-a-file' | 'unreadable';
}

/** Every file that differs; empty where the release is as it was deployed. Throws `CORE_INTERRUPTED`. */
export async function findDamage(
  directory: string,
  { artifactSha256, version, signal, onProgress }: VerifyReleaseOptions,
): Promise<readonly ReleaseDamage[]> {
  const sums = await readSums(directory);
  if (!(sums instanceof Map)) return [{ path: SUMS_NAME, kind: sums }];
  const damage: ReleaseDamage[] = [];
  if (artifactDigest(sums) !== artifactSha256) damage.push({ path: SUMS_NAME, kind: 'changed' });
  let doneBytes = 0;
  const totalBytes = await totalSize(directory, [...sums.keys()]);
  const onBytes = (sizeBytes: number): void => {
    doneBytes += sizeBytes;
    onProgress?.({ kind: 'bytes', step: 'verify', doneBytes, totalBytes });
  };
  for (const [path, expected] of sums) {
    const kind = await compareFile(join(directory, path), { expected, onBytes, signal });
    if (kind !== null) damage.push({ path, kind });
  }
  for (const path of await listModel(directory)) {
    if (!sums.has(path)) damage.push({ path, kind: 'extra' });
  }
  if (!(await isModelLinkSound(directory, sums))) damage.push({ path: MODEL_LINK, kind: 'changed' });
  if (version !== undefined) {
    const kind = await compareEnvironment(directory, sums, { artifactSha256, version });
    if (kind !== null) damage.push({ path: ENVIRONMENT_FILE, kind });
  }
  return damage;
}

/** Throws `DEPLOY_RELEASE_DAMAGED` with the files that differ. */
export async function verifyRelease(directory: string, options: VerifyReleaseOptions): Promise<void> {
  const damage = await findDamage(directory, options);
  if (damage.length === 0) return;
  const files = describeDamage(damage);
  throw new DeployFailure('DEPLOY_RELEASE_DAMAGED', `${directory} is not as it was deployed: ${files}.`, {
    details: { release_path: directory, expected: 'the digests that it was deployed with', received: files },
  });
}

/** `model/a.gguf (changed), SHA256SUMS (missing)`: a few of them. */
export function describeDamage(damage: readonly ReleaseDamage[]): string {
  const shown = damage.slice(0, 5).map(({ path, kind }) => `${escapeText(path)} (${kind})`);
  return [...shown, ...(damage.length > 5 ? [`${damage.length - 5} more`] : [])].join(', ');
}

/** Files under `model/` with their digests, in the order of SHA256SUMS; empty where that cannot be read. */
export async function readModelSums(directory: string): Promise<ReadonlyMap<string, string>> {
  const sums = await readSums(directory);
  return new Map(sums instanceof Map ? [...sums].filter(([path]) => path.startsWith('model/')) : []);
}

const SUMS_NAME = 'SHA256SUMS';

async function readSums(directory: string): Promise<Map<string, string> | ReleaseDamage['kind']> {
  try {
    const source = await openFileSource(join(directory, SUMS_NAME), { followLinks: false });
    try {
      if (source.sizeBytes > MAX_SUMS_BYTES) return 'changed';
      const sums = parseSums(await source.read(0, source.sizeBytes));
      for (const path of sums.keys()) assertSafePath(path);
      return new Map(sums);
    } finally {
      await source.close();
    }
  } catch (error) {
    return damageOf(error);
  }
}

interface Comparison {
  readonly expected: string;
  readonly onBytes: (sizeBytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

async function compareFile(
  path: string,
  { expected, onBytes, signal }: Comparison,
): Promise<ReleaseDamage['kind'] | null> {
  try {
    const source = await openFileSource(path, { followLinks: false });
    try {
      const received = await hashSource(source, signal === undefined ? { onBytes } : { onBytes, signal });
      return received === expected ? null : 'changed';
    } finally {
      await source.close();
    }
  } catch (error) {
    return damageOf(error);
  }
}

/** A file or a directory is what it names; nothing else it may say. */
async function compareEnvironment(
  directory: string,
  sums: ReadonlyMap<string, string>,
  release: { readonly artifactSha256: string; readonly version: string },
): Promise<ReleaseDamage['kind'] | null> {
  const modelFiles = [...sums.keys()].filter((path) => path.startsWith('model/'));
  const texts = (['gguf', 'hf-distilled'] as const).map((artifactType) =>
    environmentFile({ ...release, artifactType, modelFiles, finalPath: directory }),
  );
  const digests = texts.map((text) => hashBytes(text));
  try {
    const source = await openFileSource(join(directory, ENVIRONMENT_FILE), { followLinks: false });
    try {
      return digests.includes(await hashSource(source)) ? null : 'changed';
    } finally {
      await source.close();
    }
  } catch (error) {
    return damageOf(error);
  }
}

/** What a file that could not be read is; an interrupt and our own mistakes go on. */
function damageOf(error: unknown): ReleaseDamage['kind'] {
  if (error instanceof SystemFailure) {
    if (error.code === 'SYSTEM_FILE_MISSING') return 'missing';
    return error.code === 'SYSTEM_FILE_NOT_REGULAR' ? 'not-a-file' : 'unreadable';
  }
  const isInterrupt = error instanceof CoreFailure && error.code === 'CORE_INTERRUPTED';
  if (error instanceof Failure && !isInterrupt) return 'changed';
  throw error;
}

async function totalSize(directory: string, paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    paths.map((path) =>
      lstat(join(directory, path)).then(
        (stats) => stats.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function listModel(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(join(directory, 'model'), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw toSystemFailure(error, { path: join(directory, 'model'), action: 'read' });
  }
}

/** The stable name that servers use leads to the only model file; a release of several has none. */
async function isModelLinkSound(directory: string, sums: ReadonlyMap<string, string>): Promise<boolean> {
  const models = [...sums.keys()].filter((path) => path.startsWith('model/'));
  const [model = ''] = models;
  const expected = models.length === 1 && model.endsWith('.gguf') ? model : null;
  try {
    return (await readlink(join(directory, MODEL_LINK))) === expected;
  } catch (error) {
    return expected === null && isErrno(error, 'ENOENT');
  }
}
