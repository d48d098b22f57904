/** Tells whether the GGUF on disk is still the one that was registered. Looks, and refuses nothing. */
import { basename, dirname, join } from 'node:path';
import type { ArtifactFile } from '../bundle/index.ts';
import { Failure } from '../core/index.ts';
import { parseShardName, shardName } from '../gguf/index.ts';
import { findGgufPath, type RegistryEntry } from '../registry/index.ts';
import { fileIdentity } from '../system/index.ts';
import { hashModel, recallModel, type HashModelOptions } from './hash-model.ts';
import { readRegisteredSha256 } from './registered-gguf.ts';

/** `sha256`: of what is on disk now. All digests are lower-case hex. */
export type GgufOnDisk =
  /** The entry names none. */
  | { readonly kind: 'none' }
  /** `path`: the file, or the first shard, that is not there. */
  | { readonly kind: 'missing'; readonly path: string; readonly registeredSha256: string | null }
  | { readonly kind: 'unreadable'; readonly failure: Failure; readonly registeredSha256: string | null }
  /** Nothing was hashed. */
  | { readonly kind: 'unchecked'; readonly registeredSha256: string }
  /** There is no digest in the registry to compare it with. */
  | { readonly kind: 'unrecorded' }
  | { readonly kind: 'unchanged'; readonly registeredSha256: string; readonly sha256: string }
  | { readonly kind: 'changed'; readonly registeredSha256: string; readonly sha256: string };

export interface LookAtGgufOptions extends HashModelOptions {
  /** False reads no weights: what is not remembered is `unchecked`. */
  readonly hash: boolean;
}

/** Throws `CORE_INTERRUPTED`. */
export async function lookAtGguf(entry: RegistryEntry, options: LookAtGgufOptions): Promise<GgufOnDisk> {
  const path = findGgufPath(entry);
  if (path === null) return { kind: 'none' };
  const registeredSha256 = readRegisteredSha256(entry);
  try {
    const files = await describeFiles(path);
    if (typeof files === 'string') return { kind: 'missing', path: files, registeredSha256 };
    if (registeredSha256 === null) return { kind: 'unrecorded' };
    const { hash, digests } = options;
    const sha256 = hash ? await hashModel(files, options) : await recallModel(files, digests);
    if (sha256 === null) return { kind: 'unchecked', registeredSha256 };
    return { kind: registeredSha256 === sha256 ? 'unchanged' : 'changed', registeredSha256, sha256 };
  } catch (failure) {
    if (!(failure instanceof Failure) || failure.code === 'CORE_INTERRUPTED') throw failure;
    return { kind: 'unreadable', failure, registeredSha256 };
  }
}

/** By name alone, since what is there now may be no GGUF at all. The path of one that is missing instead. */
async function describeFiles(path: string): Promise<readonly ArtifactFile[] | string> {
  const files: ArtifactFile[] = [];
  for (const absolutePath of shardPaths(path)) {
    const identity = await fileIdentity(absolutePath);
    if (identity === null) return absolutePath;
    const { sizeBytes } = identity;
    files.push({ path: `model/${basename(absolutePath)}`, absolutePath, sizeBytes, identity });
  }
  return files;
}

function shardPaths(path: string): readonly string[] {
  const shard = parseShardName(basename(path));
  if (shard === null) return [path];
  const { stem, count } = shard;
  return Array.from({ length: count }, (_, index) => join(dirname(path), shardName(stem, index + 1, count)));
}
