/** What a model needs to be served with a certain context, from its headers alone. */
import { throwIfAborted } from '../core/index.ts';
import { describeGguf, estimateMemory, parseGguf, type GgufFile } from '../gguf/index.ts';
import { withFileSource } from '../system/index.ts';

export interface NeedsOptions {
  /** Null: the default, or less where the model was made for less. */
  readonly contextTokens: number | null;
  readonly defaultContextTokens: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ServingNeeds {
  readonly contextTokens: number;
  /** What the model was made for; null where it does not say. */
  readonly trainedTokens: number | null;
  readonly sizeBytes: number;
  /** Estimated, with its context. */
  readonly memoryBytes: number;
}

/** `paths`: all shards, the first one first. Throws `GGUF_*`, `SYSTEM_FILE_*`. */
export async function readServingNeeds(
  paths: readonly string[],
  { contextTokens, defaultContextTokens, signal }: NeedsOptions,
): Promise<ServingNeeds> {
  const files: GgufFile[] = [];
  for (const path of paths) {
    throwIfAborted(signal);
    const options = signal === undefined ? {} : { signal };
    files.push(await withFileSource(path, (source) => parseGguf(source, options)));
  }
  const [first] = files;
  if (first === undefined) throw new Error('A model has at least one file.');
  const trainedTokens = describeGguf(first).contextLength;
  const tokens = contextTokens ?? Math.min(defaultContextTokens, trainedTokens ?? defaultContextTokens);
  const estimates = files.map((file) => estimateMemory(file, { contextTokens: tokens }));
  const weightsBytes = estimates.reduce((sum, estimate) => sum + estimate.weightsBytes, 0);
  // Cache and activations follow from the metadata, which only the first shard has.
  const { kvCacheBytes = 0, computeBytes = 0 } = estimates[0] ?? {};
  return {
    contextTokens: tokens,
    trainedTokens,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    memoryBytes: weightsBytes + kvCacheBytes + computeBytes,
  };
}
