/** The 13 value types of the specification (`gguf_metadata_value_type`) and their numbers. */
import type { GgufValueKind } from './types.ts';

export const VALUE_KINDS = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const satisfies readonly GgufValueKind[];

export function valueKindOfId(id: number): GgufValueKind | null {
  return VALUE_KINDS[id] ?? null;
}

export function idOfValueKind(kind: GgufValueKind): number {
  return VALUE_KINDS.indexOf(kind);
}
