/** One metadata value by key, as the kind that the caller needs, or null. */
import type { GgufFile, GgufValue } from './types.ts';

type WithMetadata = Pick<GgufFile, 'metadata'>;

export function metadataString(file: WithMetadata, key: string): string | null {
  const value = file.metadata.get(key);
  return value?.kind === 'string' ? value.value : null;
}

/** A number of any kind that a JavaScript number can hold. */
export function metadataNumber(file: WithMetadata, key: string): number | null {
  const value = file.metadata.get(key);
  return value === undefined ? null : numberOf(value);
}

/** A whole number from 0 to 2^53: what lengths and counts must be. */
export function metadataCount(file: WithMetadata, key: string): number | null {
  const value = metadataNumber(file, key);
  return value !== null && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** A count, or a list of counts (one for each block), as `count` numbers. Null where it is neither. */
export function metadataCounts(file: WithMetadata, key: string, count: number): readonly number[] | null {
  const single = metadataCount(file, key);
  if (single !== null) return Array.from({ length: count }, () => single);
  const value = file.metadata.get(key);
  if (value?.kind !== 'array' || value.itemKind === 'string' || value.itemKind === 'bool') return null;
  if (value.itemKind === 'array') return null;
  // llama.cpp refuses a list of another length (get_key_or_arr); an estimate takes what is there.
  return Array.from({ length: count }, (_, index) =>
    Math.max(0, Math.trunc(Number(value.items.at(index) ?? 0)) || 0),
  );
}

export function metadataLength(file: WithMetadata, key: string): number | null {
  const value = file.metadata.get(key);
  return value?.kind === 'array' ? value.items.length : null;
}

function numberOf(value: GgufValue): number | null {
  switch (value.kind) {
    case 'array':
    case 'bool':
    case 'string':
      return null;
    case 'uint64':
    case 'int64':
      return Number.isSafeInteger(Number(value.value)) ? Number(value.value) : null;
    default:
      return Number.isFinite(value.value) ? value.value : null;
  }
}
