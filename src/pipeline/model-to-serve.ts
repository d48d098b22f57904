/** Finds the model that a server is to run, and proves which bytes it is as far as was asked. */
import { basename, relative } from 'node:path';
import { isVersion, type OnProgress } from '../core/index.ts';
import { findLiveModel, verifyRelease, type LiveArtifact } from '../deploy/index.ts';
import type { ExpectedFile } from '../engine/index.ts';
import type { ModelName } from '../serve/index.ts';
import { fileIdentity, SystemFailure, type StateDirectory } from '../system/index.ts';
import { PipelineFailure } from './error.ts';
import { hashModel } from './hash-model.ts';
import { openGgufArtifact } from './open-model.ts';
import { findTarget } from './targets.ts';

export type ServeSource =
  /** What is live on a target; null for the only one there is. */
  | { readonly kind: 'target'; readonly path: string | null }
  | { readonly kind: 'file'; readonly path: string };

export interface ModelToServe {
  /** Known before a byte of the weights is read; the digest of a plain file is not. */
  readonly name: ModelName;
  /** All shards; the first one is what the engine opens. */
  readonly paths: readonly [string, ...string[]];
  /** Reads the weights where that was asked for, or where nothing else tells the digest. */
  readonly prove: (options: ProveOptions) => Promise<ProvenModel>;
}

export interface ProveOptions {
  readonly verify: boolean;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ProvenModel {
  readonly name: ModelName;
  /** The file that was looked at: the engine refuses any other. */
  readonly expectedFile: ExpectedFile;
}

/** Throws `TARGET_*`, `DEPLOY_*`, `PIPELINE_NOT_SERVABLE`, `GGUF_*`, `SYSTEM_*`. */
export async function findModelToServe(source: ServeSource, state: StateDirectory): Promise<ModelToServe> {
  if (source.kind === 'file') return fromFile(source.path);
  return fromRelease(await findLiveModel(await findTarget(source.path, state)));
}

function fromRelease(live: LiveArtifact): ModelToServe {
  const { releaseId: release, version: id, artifactSha256: sha256, modelFiles } = live;
  const [first, ...rest] = modelFiles;
  if (first === undefined || !modelFiles.every((path) => path.endsWith('.gguf'))) {
    const received = modelFiles.slice(0, 3).map((path) => relative(live.releasePath, path));
    throw new PipelineFailure('PIPELINE_NOT_SERVABLE', `${id}, which is live, is no GGUF.`, {
      details: { release_path: live.releasePath, expected: 'a GGUF', received: received.join(', ') },
    });
  }
  const name = { id, sha256, release };
  return {
    name,
    paths: [first, ...rest],
    async prove({ verify, onProgress, signal }) {
      // Looked at before it is hashed: what is loaded is what was hashed, or nothing is.
      const expectedFile = await identify(first);
      const expected = { artifactSha256: sha256, version: id, signal, onProgress };
      if (verify) await verifyRelease(live.releasePath, expected);
      return { name, expectedFile };
    },
  };
}

async function fromFile(path: string): Promise<ModelToServe> {
  const { files } = await openGgufArtifact(path, {});
  const [first, ...rest] = files.map(({ absolutePath }) => absolutePath);
  if (first === undefined) throw new Error('A GGUF artifact has at least one file.');
  const name: ModelName = { id: toId(first), sha256: null, release: null };
  return {
    name,
    paths: [first, ...rest],
    async prove({ onProgress, signal }) {
      const expectedFile = await identify(first);
      const sha256 = await hashModel(files, { digests: null, onProgress, signal });
      return { name: { ...name, sha256 }, expectedFile };
    },
  };
}

/** The name of the file, made one that a version could have. */
function toId(path: string): string {
  const id = basename(path, '.gguf')
    .replace(/[^A-Za-z0-9._+-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 100);
  return isVersion(id) ? id : 'model';
}

async function identify(path: string): Promise<ExpectedFile> {
  const identity = await fileIdentity(path);
  if (identity !== null) return identity;
  throw new SystemFailure('SYSTEM_FILE_MISSING', `${path} is not there any more.`, { details: { path } });
}
