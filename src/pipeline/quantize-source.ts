/**
 * Quantizes what there is: a float GGUF as it lies, or a directory by way of one that has no name, so that it is gone whatever
 * ends the process. That the disk has room for all of it is asked before the first byte is written.
 */
import { dirname } from 'node:path';
import { formatBytes, type Warning } from '../core/index.ts';
import { openChecked, type HfArtifact } from '../bundle/index.ts';
import { ggufSizeBytes } from '../gguf/index.ts';
import { assertRoom, convertModel, withOutline } from '../quantize/index.ts';
import {
  makeQuantizations,
  planQuantizations,
  type MadeQuantization,
  type MakeQuantizationsOptions,
  type QuantizationTarget,
} from './make-quantizations.ts';

export interface QuantizeSourceOptions extends MakeQuantizationsOptions {
  /** Says what would come of it, and writes nothing. */
  readonly dryRun: boolean;
}

export interface QuantizeDirectoryOptions extends QuantizeSourceOptions {
  readonly allowUnsafeFiles: boolean;
  /** The GGUF in the type of the weights. */
  readonly intermediate: string;
  readonly keepIntermediate: boolean;
  /** A checkout of llama.cpp, whose script converts what the converter here does not know; null where there is none. */
  readonly llamaCppDir: string | null;
}

export interface QuantizedSource {
  readonly made: readonly MadeQuantization[];
  /** Of the float GGUF. */
  readonly sourceBytes: number;
  /** Null where it was not kept. */
  readonly intermediate: string | null;
  /** The convert_hf_to_gguf.py that was used; null where it was converted here, or not at all. */
  readonly script: string | null;
  readonly warnings: readonly Warning[];
}

export async function quantizeFloats(
  path: string,
  targets: readonly QuantizationTarget[],
  options: QuantizeSourceOptions,
): Promise<QuantizedSource> {
  const made = await makeFrom(path, targets, options);
  return { made, sourceBytes: made[0]?.sourceBytes ?? 0, intermediate: null, script: null, warnings: [] };
}

/** Throws `CONVERT_*`, `QUANTIZE_*`, `HF_*`, `BUNDLE_SOURCE_CHANGED` and what {@link makeQuantizations} throws. */
export async function quantizeDirectory(
  artifact: HfArtifact,
  targets: readonly QuantizationTarget[],
  options: QuantizeDirectoryOptions,
): Promise<QuantizedSource> {
  const { intermediate, allowUnsafeFiles, llamaCppDir, dryRun, onProgress, signal } = options;
  const keep = options.keepIntermediate && !dryRun;
  let made: readonly MadeQuantization[] = [];
  const { sizeBytes, script, warnings } = await convertModel(artifact.path, {
    outPath: intermediate,
    allowUnsafeFiles,
    llamaCppDir,
    keep,
    onProgress,
    signal,
    async plan(model) {
      const needed = { path: intermediate, sizeBytes: ggufSizeBytes(model) };
      await assertRoom(dirname(intermediate), needed.sizeBytes);
      await withOutline(model, dirname(intermediate), async (outline) => {
        made = await planQuantizations(outline, targets, options);
      });
      await assertRoomForAll(made, needed);
      return !dryRun;
    },
    async use(path) {
      await assertUnchanged(artifact);
      // A script has no plan to show before it has converted.
      if (made.length === 0)
        await assertRoomForAll((made = await planQuantizations(path, targets, options)), null);
      if (!dryRun) made = await makeQuantizations(path, targets, options);
    },
  });
  if (keep) options.onNamed(intermediate);
  return { made, sourceBytes: sizeBytes, intermediate: keep ? intermediate : null, script, warnings };
}

/** Of one type the quantizer itself asks for the room. */
async function makeFrom(
  path: string,
  targets: readonly QuantizationTarget[],
  options: QuantizeSourceOptions,
): Promise<readonly MadeQuantization[]> {
  if (options.dryRun || targets.length > 1) {
    const planned = await planQuantizations(path, targets, options);
    await assertRoomForAll(planned, null);
    if (options.dryRun) return planned;
  }
  return makeQuantizations(path, targets, options);
}

interface PlannedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** All of it lies on the disk at the same time. Throws `QUANTIZE_NO_ROOM`. */
async function assertRoomForAll(
  planned: readonly MadeQuantization[],
  intermediate: PlannedFile | null,
): Promise<void> {
  const files = [...(intermediate === null ? [] : [intermediate]), ...planned];
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const parts = planned.map((file) => `${formatBytes(file.sizeBytes)} in ${file.type}`);
  if (intermediate !== null) parts.unshift(`${formatBytes(intermediate.sizeBytes)} on the way`);
  await assertRoom(dirname(files[0]?.path ?? ''), sizeBytes, parts);
}

/** Whoever writes to the directory meanwhile would have a mixture quantized. Throws `BUNDLE_SOURCE_CHANGED`. */
async function assertUnchanged({ files }: HfArtifact): Promise<void> {
  for (const file of files) await (await openChecked(file)).close();
}
