/** A model in shards, as llama-gguf-split leaves them: the metadata in the first, the three split keys in each. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ggufBytes, sampleModel, shardName, type GgufModel, type GgufValue } from '../../src/gguf/index.ts';

export interface SplitOptions {
  readonly count?: number;
  /** The first shard holds metadata alone (`--no-tensor-first-split`). */
  readonly withoutTensorsFirst?: boolean;
  /** What the shards say the sum of their tensors is; the truth where it is not given. */
  readonly claimedTensors?: number;
}

/** Small enough to be split, packed and loaded in no time. */
export const SMALL_SHAPE = {
  blockCount: 1,
  embeddingLength: 64,
  headCount: 4,
  headCountKv: 2,
  feedForwardLength: 64,
  vocabularySize: 320,
} as const;

export function splitModel(model: GgufModel, options: SplitOptions = {}): readonly GgufModel[] {
  const { count = 3, withoutTensorsFirst = false, claimedTensors = model.tensors.length } = options;
  const skipped = withoutTensorsFirst ? 1 : 0;
  const size = Math.ceil(model.tensors.length / (count - skipped));
  return Array.from({ length: count }, (_, no) => {
    const keys: [string, GgufValue][] = [
      ['split.no', { kind: 'uint16', value: no }],
      ['split.count', { kind: 'uint16', value: count }],
      ['split.tensors.count', { kind: 'int32', value: claimedTensors }],
    ];
    const from = Math.max(0, no - skipped) * size;
    return {
      metadata: no === 0 ? [...model.metadata, ...keys] : keys,
      tensors: no < skipped ? [] : model.tensors.slice(from, from + size),
    };
  });
}

/** Writes the shards under their names and gives those, in order. */
export async function writeShards(
  folder: string,
  stem: string,
  { model = sampleModel(SMALL_SHAPE), ...options }: SplitOptions & { readonly model?: GgufModel } = {},
): Promise<readonly string[]> {
  const shards = splitModel(model, options);
  const names = shards.map((_, no) => shardName(stem, no + 1, shards.length));
  for (const [no, shard] of shards.entries())
    await writeFile(join(folder, names[no] ?? ''), await ggufBytes(shard));
  return names;
}
