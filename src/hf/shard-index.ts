/**
 * The safetensors index of a model in several files, compared with the shards themselves: every shard is there, every
 * tensor is in the shard that the index names, and no shard is left over. Pure.
 */
import { escapeText, parseJsonTree } from '../core/index.ts';
import { HfFailure } from './error.ts';
import { MAX_INDEX_BYTES, MAX_INDEX_VALUES } from './limits.ts';
import type { SafetensorsHeader } from './types.ts';

export const INDEX_NAME = 'model.safetensors.index.json';

const SHARD_NAME = /-\d{5}-of-\d{5}\.safetensors$/;

/** `model-00001-of-00003.safetensors`, as save_pretrained() names them. */
export function isShardName(path: string): boolean {
  return SHARD_NAME.test(path) && !path.includes('/');
}

/** Tensor name → shard. Throws `HF_INDEX_INVALID`, `CORE_JSON_*`, `CORE_TEXT_NOT_UTF8`. */
export function parseShardIndex(bytes: Uint8Array, name = INDEX_NAME): ReadonlyMap<string, string> {
  const value = parseJsonTree(bytes, { name, maxBytes: MAX_INDEX_BYTES, maxValues: MAX_INDEX_VALUES });
  const weightMap = value instanceof Map ? value.get('weight_map') : undefined;
  if (!(weightMap instanceof Map)) throw invalid(`${name} has no "weight_map".`);
  const index = new Map<string, string>();
  for (const [tensor, shard] of weightMap) {
    // A shard is a neighbour: a path here would read files from elsewhere.
    if (typeof shard === 'string' && /^[^/\\]+\.safetensors$/.test(shard)) {
      index.set(tensor, shard);
      continue;
    }
    throw invalid(`${name} names something that is no shard for tensor "${escapeText(tensor, 120)}".`, {
      expected: 'the name of a .safetensors file in the same folder',
      received: typeof shard === 'string' ? escapeText(shard, 120) : typeof shard,
    });
  }
  if (index.size === 0) throw invalid(`${name} names no tensor.`);
  return index;
}

/** `headers`: every safetensors file at the top of the directory, by name. Throws `HF_INDEX_INVALID`. */
export function assertIndexMatches(
  index: ReadonlyMap<string, string>,
  headers: ReadonlyMap<string, SafetensorsHeader>,
): void {
  const shards = new Set(index.values());
  const missing = [...shards].filter((shard) => !headers.has(shard)).toSorted();
  if (missing.length > 0) {
    throw invalid(`${missing.length} of ${shards.size} shards are missing: ${listNames(missing)}.`, {
      expected: `${shards.size} shards`,
      received: `${shards.size - missing.length} shards`,
    });
  }
  const extra = [...headers.keys()].filter((file) => isShardName(file) && !shards.has(file)).toSorted();
  if (extra.length > 0) throw invalid(`The index does not know these shards: ${listNames(extra)}.`);
  const found = new Set<string>();
  for (const shard of shards) {
    for (const { name } of headers.get(shard)?.tensors ?? []) {
      const expected = index.get(name);
      if (expected !== shard) {
        throw invalid(
          `Tensor "${escapeText(name, 120)}" is in a shard that the index does not name for it.`,
          {
            expected: expected === undefined ? 'not in the index' : escapeText(expected, 120),
            received: escapeText(shard, 120),
          },
        );
      }
      found.add(name);
    }
  }
  for (const [tensor, shard] of index) {
    if (!found.has(tensor)) {
      throw invalid(`Tensor "${escapeText(tensor, 120)}" is not in the shard that the index names.`, {
        expected: `in ${escapeText(shard, 120)}`,
        received: 'not there',
      });
    }
  }
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => escapeText(name, 120));
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}

function invalid(message: string, details: { expected?: string; received?: string } = {}): HfFailure {
  return new HfFailure('HF_INDEX_INVALID', message, { details });
}
