/** `milton quantize VERSION`: what is read of the registry before the work, and what is written to it after. */
import { access } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Failure, quoteWord } from '../core/index.ts';
import { QUANTIZATION_TYPES, type QuantizationType } from '../quantize/index.ts';
import {
  findGgufPath,
  placeQuantizations,
  resolveArtifact,
  type PlacedGguf,
  type Placement,
  type Registry,
  type RegistryEntry,
} from '../registry/index.ts';
import type { MadeQuantization } from './make-quantizations.ts';
import { openGgufArtifact } from './open-model.ts';
import { ggufMetrics } from './registered-gguf.ts';

export interface QuantizationOrder {
  readonly registry: Registry;
  /** As it was before the work. */
  readonly entry: RegistryEntry;
  /** One for each type, in their order. */
  readonly placements: readonly Placement[];
  /** The directory of the model. */
  readonly path: string;
}

/** Throws `REGISTRY_VERSION_UNKNOWN`, `REGISTRY_QUANTIZATION_TAKEN`, and what `resolveArtifact` throws. */
export async function readQuantizationOrder(
  registry: Registry,
  version: string,
  types: readonly QuantizationType[],
): Promise<QuantizationOrder> {
  const entry = await findEntry(registry, version);
  const placements = placeQuantizations(await registry.list(), entry, types);
  return { registry, entry, placements, path: await resolveDirectory(entry) };
}

/** `originalBytes`: of the directory. Throws what the registry throws; nothing is registered then. */
export async function registerQuantizations(
  { registry, entry, placements }: QuantizationOrder,
  made: readonly MadeQuantization[],
  originalBytes: number,
): Promise<readonly RegistryEntry[]> {
  const placed: PlacedGguf[] = [];
  for (const [index, { path, type, sha256, release, tool, imatrix }] of made.entries()) {
    const artifact = await openGgufArtifact(path, { allow: [] });
    const { version = entry.version } = placements[index] ?? {};
    placed.push({
      version,
      quantization: type,
      gguf: {
        path,
        sizeBytes: artifact.totalSizeBytes,
        originalSizeBytes: originalBytes,
        quantizationBits: QUANTIZATION_TYPES[type].bits,
        validationPassed: true,
      },
      milton: {
        gguf: ggufMetrics(artifact, sha256),
        quantized: {
          type,
          tool: tool === null ? 'llama.cpp' : basename(tool),
          release,
          imatrix: imatrix === null ? null : basename(imatrix.path),
        },
      },
    });
  }
  return registry.addQuantizations({ source: entry, made: placed });
}

/** Of what was made, the files that the registry names after all: it may have taken the edit and failed behind it. */
export async function findRegistered(registry: Registry): Promise<ReadonlySet<string>> {
  const entries = await registry.list().catch(() => []);
  return new Set(entries.map(findGgufPath).filter((path) => path !== null));
}

async function findEntry(registry: Registry, version: string): Promise<RegistryEntry> {
  try {
    return await registry.get(version);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'REGISTRY_VERSION_UNKNOWN') throw error;
    if (!(await isThere(resolve(version)))) throw error;
    throw error.inContext({
      hint: `What is there under that name is quantized with: milton quantize --model ${quoteWord(version)}`,
    });
  }
}

async function resolveDirectory(entry: RegistryEntry): Promise<string> {
  try {
    return (await resolveArtifact(entry, 'hf-distilled')).path;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'REGISTRY_ARTIFACT_WRONG_KIND') throw error;
    throw error.inContext({
      hint: `Register the directory it was made from (milton models register ${entry.version} --hf DIR), or, where its weights are floats, give the file itself: milton quantize --model ${quoteWord(entry.model_path)}`,
    });
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
