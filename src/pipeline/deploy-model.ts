/**
 * The main job: newest benchmark → best model that passes → its GGUF → a bundle → the target. Or a bundle that is there
 * already → the target.
 */
import { rm, stat } from 'node:fs/promises';
import { Failure, throwIfAborted, type ArtifactType, type Warning } from '../core/index.ts';
import {
  artifactDigest,
  createBundle,
  openArtifact,
  type Artifact,
  type BundleInput,
  type CreatedBundle,
} from '../bundle/index.ts';
import {
  assertDeployable,
  deployRelease,
  hashArtifact,
  readStatus,
  refuseDeployment,
  type DeployContext,
  type DeploymentOutcome,
  type DeployOptions,
} from '../deploy/index.ts';
import type { Candidate, LoadedRun } from '../evidence/index.ts';
import type { GgufPolicyRule } from '../gguf/index.ts';
import { resolveArtifact, type Registry } from '../registry/index.ts';
import { assertSelected, type SelectOptions } from '../select/index.ts';
import type { DigestCache } from '../system/index.ts';
import { activateVersion, openContextRegistry } from './activate-version.ts';
import { findCandidate } from './bundle-model.ts';
import { watchPacking, type PackingWatch } from './packing-watch.ts';
import { findRun, selectFromRun, type SelectedRun } from './select-run.ts';
import { sizeWarning } from './size-warning.ts';

/** Where the model comes from. */
export type DeploySource =
  | { readonly kind: 'bundle'; readonly path: string }
  | {
      readonly kind: 'run';
      /** A registered version; null chooses the best of the run. */
      readonly version: string | null;
      /** A name in the runs folder or a path; null for the newest, or for none where a version is named. */
      readonly benchmarkFile: string | null;
      readonly runsDir: string;
      readonly artifactType: ArtifactType;
      readonly select: SelectOptions;
      readonly allow: readonly GgufPolicyRule[];
      /** False makes the release from the artifact itself. */
      readonly makeBundle: boolean;
      readonly sourceDateEpochSeconds: number | undefined;
      readonly tool: string;
    };

export interface DeployModelRequest {
  readonly source: DeploySource;
  readonly options: DeployOptions;
  /** Makes the version that went live the registry's active one, where it is registered. */
  readonly activate: boolean;
  /** Is filled by what packing hashes anyway; nothing that goes live is believed from it. */
  readonly digests?: DigestCache | null;
  /** Something the operator must know before the work starts. */
  readonly onWarning?: (warning: Warning) => void;
  /** What the run says about every candidate, before it is judged whether any of them passes. */
  readonly onSelected?: (selected: SelectedRun) => void;
  /** What was chosen, as soon as it is known. */
  readonly onChosen?: (chosen: ChosenModel) => void;
}

export interface ChosenModel {
  readonly version: string;
  /** Both null where a version was named without a run. */
  readonly loaded: LoadedRun | null;
  readonly candidate: Candidate | null;
  readonly artifact: Artifact;
}

export interface DeployedModel {
  readonly outcome: DeploymentOutcome;
  /** Null where a bundle was given. */
  readonly chosen: ChosenModel | null;
  /** Of the bundle that was given or made; null where there is none. */
  readonly bundleSizeBytes: number | null;
  /** The version that is now active in the registry; null where nothing changed there. */
  readonly activated: string | null;
  /** Of the deployment, and of what came after it. */
  readonly warnings: readonly Warning[];
}

/** Throws what every room below throws; the attempt is in the history either way. */
export async function deployModel(
  request: DeployModelRequest,
  context: DeployContext,
): Promise<DeployedModel> {
  const { source } = request;
  if (source.kind === 'bundle') {
    const outcome = await deployRelease({ kind: 'bundle', path: source.path }, request.options, context);
    const bundleSizeBytes = await readSize(source.path);
    return {
      outcome,
      chosen: null,
      bundleSizeBytes,
      ...(await activateVersion(outcome, { wanted: request.activate, context })),
    };
  }
  const chosen = await chooseModel(source, request, context);
  const { outcome, bundle } = await ship(source, chosen, request, context);
  return {
    outcome,
    chosen: chosen.model,
    bundleSizeBytes: bundle?.sizeBytes ?? null,
    ...(await activateVersion(outcome, { wanted: request.activate, context })),
  };
}

/** What is live is live, even if the bundle was moved away meanwhile. */
function readSize(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  );
}

type RunSource = Extract<DeploySource, { kind: 'run' }>;

interface Chosen {
  readonly model: ChosenModel;
  readonly watch: PackingWatch;
  readonly input: BundleInput;
}

/** Everything before the first byte is written; what is refused here has a record too. */
async function chooseModel(
  source: RunSource,
  { options, digests = null, onWarning, onSelected, onChosen }: DeployModelRequest,
  context: DeployContext,
): Promise<Chosen> {
  let { version } = source;
  try {
    const wanted = await findWanted(source, context, onSelected);
    const { loaded } = wanted;
    version = wanted.version;
    const registry = openContextRegistry(context);
    const entry = await registry.get(version);
    const resolved = await resolveArtifact(entry, source.artifactType);
    const artifact = await openArtifact(resolved.path, {
      type: resolved.type,
      allow: source.allow,
      strict: options.strict,
      allowUnsafeFiles: options.allowUnsafeFiles,
      ...(context.signal !== undefined && { signal: context.signal }),
    });
    throwIfAborted(context.signal);
    const warning = sizeWarning(artifact);
    if (warning !== null) onWarning?.(warning);
    const candidate = loaded === null ? null : findCandidate(loaded, version);
    const model = { version, loaded, candidate, artifact };
    const input = await toInput(source, model, registry, context);
    const packInto = source.makeBundle ? context.state.bundlesDir : null;
    await assertDeployable(input, { ...options, packInto }, context);
    onChosen?.(model);
    const watch = await watchPacking(artifact, { digests, entry });
    return { model, watch, input: { ...input, judgeDigests: watch.judge } };
  } catch (failure) {
    return refuseDeployment(failure, { version, dryRun: options.dryRun }, context);
  }
}

interface WantedModel {
  readonly version: string;
  readonly loaded: LoadedRun | null;
}

/** The version that was named, with the run that was named for it; else the best of the run. */
async function findWanted(
  { version, runsDir, benchmarkFile, select }: RunSource,
  { clock }: DeployContext,
  onSelected: DeployModelRequest['onSelected'],
): Promise<WantedModel> {
  const run = { runsDir, benchmarkFile: benchmarkFile ?? undefined, clock };
  if (version !== null) return { version, loaded: benchmarkFile === null ? null : await findRun(run) };
  const selected = await selectFromRun({ ...run, ...select });
  onSelected?.(selected);
  assertSelected(selected.result);
  return { version: selected.result.recommended_model, loaded: selected.loaded };
}

async function ship(
  source: RunSource,
  { input, watch }: Chosen,
  { options }: DeployModelRequest,
  context: DeployContext,
): Promise<{ readonly outcome: DeploymentOutcome; readonly bundle: CreatedBundle | null }> {
  const sums = options.dryRun || !source.makeBundle ? undefined : await findLive(input, context);
  if (options.dryRun || !source.makeBundle || sums !== undefined) {
    const willPack = options.dryRun && source.makeBundle;
    const origin = { kind: 'artifact', input, willPack, ...(sums !== undefined && { sums }) } as const;
    return { outcome: await deployRelease(origin, options, context), bundle: null };
  }
  let bundle: CreatedBundle;
  try {
    const { signal, onProgress } = context;
    bundle = await createBundle({ ...input, outDir: context.state.bundlesDir, signal, onProgress });
    await watch.remember(bundle.manifest.files);
  } catch (failure) {
    return refuseDeployment(failure, { version: input.version, dryRun: false }, context);
  }
  try {
    const origin = { kind: 'bundle', path: bundle.path, isPacked: true } as const;
    return { outcome: await deployRelease(origin, options, context), bundle };
  } catch (failure) {
    // A refused model must not fill the disk with bundles; one that was live for a moment is evidence, and stays.
    if (failure instanceof Failure && failure.aftermath === 'unchanged')
      await rm(bundle.path, { force: true });
    throw failure;
  }
}

/**
 * The digests of the artifact where it is live already. Then there is nothing to pack: the deployment will hash what is
 * live again, and find nothing to do.
 */
async function findLive(
  { artifact, version }: BundleInput,
  { layout, signal }: DeployContext,
): Promise<ReadonlyMap<string, string> | undefined> {
  const known = (await readStatus(layout)).live?.known;
  if (known?.version !== version) return undefined;
  const sums = await hashArtifact(artifact, signal);
  return artifactDigest(sums) === known.artifactSha256 ? sums : undefined;
}

async function toInput(
  source: RunSource,
  { version, loaded, candidate, artifact }: ChosenModel,
  registry: Registry,
  { clock }: DeployContext,
): Promise<BundleInput> {
  return {
    artifact,
    version,
    run: loaded?.run ?? null,
    candidate,
    registryEntry: await registry.getTree(version),
    clock,
    tool: source.tool,
    sourceDateEpochSeconds: source.sourceDateEpochSeconds,
  };
}
