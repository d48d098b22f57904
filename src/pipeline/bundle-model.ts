/**
 * Packs one model into one file, from a path or from the registry, bound to the run that measured it where one is named.
 * The evidence is judged before anything is written under a final name.
 */
import { resolve } from 'node:path';
import {
  assertVersion,
  escapeText,
  type ArtifactType,
  type JsonTreeObject,
  type OnProgress,
  type Warning,
} from '../core/index.ts';
import { createBundle, openArtifact, type Artifact, type CreatedBundle } from '../bundle/index.ts';
import type { Candidate, LoadedRun } from '../evidence/index.ts';
import type { GgufPolicyRule } from '../gguf/index.ts';
import { resolveArtifact, type Registry, type RegistryEntry } from '../registry/index.ts';
import type { Clock, DigestCache } from '../system/index.ts';
import type { SigningKey } from '../trust/index.ts';
import { PipelineFailure } from './error.ts';
import { watchPacking } from './packing-watch.ts';
import { sizeWarning } from './size-warning.ts';
import { stateRelease, type AskedRelease } from './state-release.ts';

export interface BundleModelOptions {
  readonly version: string;
  readonly artifactType?: ArtifactType;
  readonly from:
    | { readonly kind: 'path'; readonly path: string }
    | { readonly kind: 'registry'; readonly registry: Registry };
  /** The run that measured it; null packs without evidence, and the bundle says so. */
  readonly run?: LoadedRun | null;
  readonly outDir: string;
  readonly clock: Clock;
  /** Seconds; makes the same input give the same bytes. */
  readonly sourceDateEpochSeconds?: number | undefined;
  readonly recordPath?: boolean;
  readonly allow?: readonly GgufPolicyRule[];
  /** Refuses a suspicious chat template instead of warning of it. */
  readonly strict?: boolean;
  /** Lets files of a directory pass that run code when they are loaded; the bundle says so. */
  readonly allowUnsafeFiles?: boolean;
  /** Signs the bundle; missing leaves it unsigned. */
  readonly sign?: SigningKey | undefined;
  /** What it says of its release; missing parts follow from the registry and the clock where it is signed. */
  readonly release?: AskedRelease;
  /** What is named as the maker. */
  readonly tool?: string;
  /** Is filled by what packing hashes anyway; packing never believes it. */
  readonly digests?: DigestCache | null;
  readonly onProgress?: OnProgress;
  /** Hears what must be known before gigabytes move. */
  readonly onWarning?: (warning: Warning) => void;
  readonly signal?: AbortSignal;
}

export interface BundledModel {
  readonly artifact: Artifact;
  readonly bundle: CreatedBundle;
}

/**
 * Throws what the rooms throw, `EVIDENCE_MISMATCH` among it, and `PIPELINE_CANDIDATE_UNKNOWN`, `PIPELINE_ARTIFACT_CHANGED`,
 * `PIPELINE_DIGEST_CONFLICT`, `PIPELINE_RELEASE_LINE_UNKNOWN`.
 */
export async function bundleModel(options: BundleModelOptions): Promise<BundledModel> {
  const {
    version,
    artifactType = 'gguf',
    from,
    run = null,
    allow = [],
    strict = false,
    allowUnsafeFiles = false,
    digests = null,
    signal,
    onProgress,
    onWarning,
  } = options;
  assertVersion(version);
  const candidate = run === null ? null : findCandidate(run, version);
  const { path, entry, registryEntry } = await locate(from, version, artifactType);
  const artifact = await openArtifact(path, { type: artifactType, allow, strict, allowUnsafeFiles, signal });
  const warning = sizeWarning(artifact);
  if (warning !== null) onWarning?.(warning);
  const { release, warnings } = stateRelease({
    asked: options.release ?? {},
    baseModel: entry?.base_model || null,
    isSigned: options.sign !== undefined,
    nowSeconds: options.sourceDateEpochSeconds ?? Math.floor(options.clock.now().getTime() / 1000),
  });
  for (const one of warnings) onWarning?.(one);
  const watch = await watchPacking(artifact, { digests, entry });
  const bundle = await createBundle({
    artifact,
    version,
    run: run?.run ?? null,
    candidate,
    registryEntry,
    clock: options.clock,
    sourceDateEpochSeconds: options.sourceDateEpochSeconds,
    recordPath: options.recordPath ?? false,
    outDir: resolve(options.outDir),
    release,
    sign: options.sign,
    ...(options.tool !== undefined && { tool: options.tool }),
    judgeDigests: watch.judge,
    onProgress,
    signal,
  });
  await watch.remember(bundle.manifest.files);
  return { artifact, bundle };
}

/** Throws `PIPELINE_CANDIDATE_UNKNOWN`. */
export function findCandidate({ run, path }: LoadedRun, version: string): Candidate {
  const candidate = run.candidates.find((one) => one.version === version);
  if (candidate !== undefined) return candidate;
  const measured = run.candidates.map((one) => escapeText(one.version));
  throw new PipelineFailure(
    'PIPELINE_CANDIDATE_UNKNOWN',
    `The run ${escapeText(run.metadata.run_id)} did not measure ${escapeText(version)}.`,
    { details: { expected: measured.join(', '), received: version, file: path } },
  );
}

interface LocatedModel {
  readonly path: string;
  /** Both null where it comes from a path. */
  readonly entry: RegistryEntry | null;
  readonly registryEntry: JsonTreeObject | null;
}

async function locate(
  from: BundleModelOptions['from'],
  version: string,
  artifactType: ArtifactType,
): Promise<LocatedModel> {
  if (from.kind === 'path') return { path: resolve(from.path), entry: null, registryEntry: null };
  const entry = await from.registry.get(version);
  const { path } = await resolveArtifact(entry, artifactType);
  return { path, entry, registryEntry: await from.registry.getTree(version) };
}
