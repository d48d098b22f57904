/**
 * The three keys of a split model: there or not there together, of the types that llama.cpp reads (`split.no` and
 * `split.count` uint16, `split.tensors.count` int32), and possible.
 */
import { escapeText } from '../core/index.ts';
import { GgufFailure } from './error.ts';
import { metadataCount } from './metadata-values.ts';
import type { GgufFile, GgufSplit } from './types.ts';

const KINDS = { 'split.no': 'uint16', 'split.count': 'uint16', 'split.tensors.count': 'int32' } as const;

/** Null where the model is one file: llama-gguf-split leaves a count of 0 in a merged file, the loader splits above 1. */
export function readSplit(file: GgufFile): GgufSplit | null {
  const count = metadataCount(file, 'split.count') ?? 0;
  if (count <= 1) return null;
  return {
    no: metadataCount(file, 'split.no') ?? 0,
    count,
    tensorsCount: metadataCount(file, 'split.tensors.count') ?? 0,
  };
}

/** A shard that carries no metadata of the model: any but the first. */
export function isLaterShard(file: GgufFile): boolean {
  return (readSplit(file)?.no ?? 0) > 0;
}

/** Throws `GGUF_SPLIT_INCONSISTENT`. */
export function checkSplitKeys(file: GgufFile): void {
  for (const [key, kind] of Object.entries(KINDS)) {
    const value = file.metadata.get(key);
    // llama-model-loader: "key ... has wrong type" for any other integer type.
    if (value !== undefined && value.kind !== kind) throw inconsistent(file, key, kind, value.kind);
  }
  const split = readSplit(file);
  if (split === null) return;
  for (const key of Object.keys(KINDS)) {
    if (!file.metadata.has(key))
      throw inconsistent(file, key, 'a number, as split.count is there', 'nothing');
  }
  if (split.no >= split.count)
    throw inconsistent(file, 'split.no', `less than split.count (${split.count})`, String(split.no));
  if (split.tensorsCount < file.tensors.length) {
    throw inconsistent(
      file,
      'split.tensors.count',
      `at least the ${file.tensors.length} tensors here`,
      String(split.tensorsCount),
    );
  }
}

function inconsistent(file: GgufFile, key: string, expected: string, received: string): GgufFailure {
  return new GgufFailure('GGUF_SPLIT_INCONSISTENT', `${key} of ${escapeText(file.name)} cannot be true.`, {
    details: {
      offset: file.keyOffsets.get(key) ?? file.keyOffsets.get('split.count') ?? 0,
      key,
      expected,
      received,
    },
  });
}
