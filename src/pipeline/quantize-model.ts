/**
 * `milton quantize`: a registered model, a directory or a float GGUF becomes quantized GGUFs that were loaded and have
 * generated. All of them are made and registered, or nothing is there.
 */
import { rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Failure, throwIfAborted, type OnProgress, type Warning } from '../core/index.ts';
import type { HfArtifact } from '../bundle/index.ts';
import type { Engine } from '../engine/index.ts';
import { assertOutputFree, openQuantizationMeans, type QuantizationType } from '../quantize/index.ts';
import type { Registry, RegistryEntry } from '../registry/index.ts';
import { toSystemFailure, type StateDirectory } from '../system/index.ts';
import { withFreshFolders } from './fresh-folders.ts';
import type { MadeQuantization, MakeQuantizationsOptions } from './make-quantizations.ts';
import { openHfArtifact } from './open-model.ts';
import { quantizationPlaces } from './quantization-places.ts';
import { quantizeDirectory, quantizeFloats, type QuantizedSource } from './quantize-source.ts';
import {
  findRegistered,
  readQuantizationOrder,
  registerQuantizations,
  type QuantizationOrder,
} from './register-quantizations.ts';

export interface QuantizeModelRequest {
  /** A directory in Hugging Face form, a GGUF in F32, F16 or BF16, or a registered model, which is registered with what comes of it. */
  readonly from:
    | { readonly kind: 'path'; readonly path: string }
    | { readonly kind: 'registry'; readonly registry: Registry; readonly version: string };
  /** At least one; the model is converted once for all of them. */
  readonly types: readonly QuantizationType[];
  /** Null for `models/quantized/quantized_<name>_<bits>bit/` in the state directory. */
  readonly outDir: string | null;
  /** How the quantizer is to work. */
  readonly quantizer: Omit<MakeQuantizationsOptions['quantizer'], 'means'>;
  /** The path of an importance matrix. */
  readonly imatrix: string | null;
  /** A llama-quantize; `packaged` for the library even where `llamaCppDir` names another. */
  readonly tool: string | null;
  /** A checkout or a build of llama.cpp: its llama-quantize, and its script for what the converter here does not know. */
  readonly llamaCppDir: string | null;
  /** Keeps the GGUF in the type of the directory's own weights. */
  readonly keepIntermediate: boolean;
  /** Says what would come of it, and writes nothing. */
  readonly dryRun: boolean;
  /** Refuses a suspicious chat template of a directory instead of warning of it. */
  readonly strict: boolean;
  /** Lets files lie in a directory that run code when they are loaded. */
  readonly allowUnsafeFiles: boolean;
}

export interface QuantizeModelContext {
  readonly state: StateDirectory;
  readonly engine: Engine;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface QuantizedFile extends MadeQuantization {
  /** The entry that it fills, or that it is added as; null where the model came from a path. */
  readonly version: string | null;
}

export interface QuantizedModel {
  /** In the order of the types. */
  readonly made: readonly QuantizedFile[];
  /** Of the float GGUF that all of them are made from. */
  readonly sourceBytes: number;
  /** What was made on the way and kept; null where nothing was. */
  readonly intermediate: string | null;
  /** The convert_hf_to_gguf.py that was used; null where it was converted here, or not at all. */
  readonly script: string | null;
  /** As they are now; empty where the model came from a path, and in a dry run. */
  readonly entries: readonly RegistryEntry[];
  readonly dryRun: boolean;
  readonly warnings: readonly Warning[];
}

/**
 * Throws `REGISTRY_*`, `QUANTIZE_*`, `CONVERT_*`, `HF_*`, `TEMPLATE_*`, `GGUF_*`, `ENGINE_*`, `DEPLOY_LOAD_TEST_FAILED`,
 * `BUNDLE_SOURCE_CHANGED`, `SYSTEM_*`, `CORE_*`; nothing is left and nothing registered then.
 */
export async function quantizeModel(
  request: QuantizeModelRequest,
  context: QuantizeModelContext,
): Promise<QuantizedModel> {
  const { from, types, dryRun } = request;
  const order =
    from.kind === 'registry' ? await readQuantizationOrder(from.registry, from.version, types) : null;
  const path = order?.path ?? resolve(from.kind === 'path' ? from.path : '');
  const places = quantizationPlaces(path, types, {
    outDir: request.outDir === null ? null : resolve(request.outDir),
    state: context.state,
  });
  // Before the long work of converting, not after it.
  for (const one of places.paths) await assertOutputFree(one);
  const means = await openQuantizationMeans(types, { ...request, signal: context.signal });
  const artifact = (await isDirectory(path)) ? await openHfArtifact(path, { ...request, ...context }) : null;
  const named: string[] = [];
  const targets = types.map((type, index) => ({ type, path: places.paths[index] ?? '' }));
  const options = {
    ...request,
    ...context,
    quantizer: { ...request.quantizer, means },
    intermediate: places.intermediate,
    hash: order !== null,
    onNamed: (made: string): void => void named.push(made),
  };
  return withFreshFolders(places.paths.map(dirname), async () => {
    try {
      const source =
        artifact === null
          ? await quantizeFloats(path, targets, options)
          : await quantizeDirectory(artifact, targets, options);
      throwIfAborted(context.signal);
      const entries =
        order === null || dryRun
          ? []
          : await registerQuantizations(order, source.made, artifact?.totalSizeBytes ?? 0);
      return toResult(source, { order, entries, dryRun, artifact });
    } catch (error) {
      const registered = order === null ? new Set() : await findRegistered(order.registry);
      const unregistered = named.filter((made) => !registered.has(made));
      for (const made of unregistered) await rm(made, { force: true });
      if (!(error instanceof Failure) || unregistered.length < named.length) throw error;
      throw error.inContext({ aftermath: 'unchanged' });
    }
  });
}

interface Outcome {
  readonly order: QuantizationOrder | null;
  readonly entries: readonly RegistryEntry[];
  readonly dryRun: boolean;
  readonly artifact: HfArtifact | null;
}

function toResult(
  { made, sourceBytes, intermediate, script, warnings }: QuantizedSource,
  { order, entries, dryRun, artifact }: Outcome,
): QuantizedModel {
  return {
    made: made.map((one, index) => ({ ...one, version: order?.placements[index]?.version ?? null })),
    sourceBytes,
    intermediate,
    script,
    entries,
    dryRun,
    warnings: distinct([
      ...(artifact?.warnings ?? []),
      ...warnings,
      ...made.flatMap(({ warnings }) => warnings),
    ]),
  };
}

/** What is true of each type is said once. */
function distinct(warnings: readonly Warning[]): readonly Warning[] {
  const byText = new Map(warnings.map((warning) => [`${warning.code} ${warning.message}`, warning]));
  return [...byText.values()];
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'read' });
  }
}
