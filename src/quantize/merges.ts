/** The merges of a BPE (`model.merges` of tokenizer.json), in their order. Pure. */
import type { JsonObject } from '../core/index.ts';
import { invalid, show } from './vocabulary.ts';

export type Merge = readonly [left: string, right: string];

/** Old files write `"a b"`, newer ones `["a", "b"]`. Throws `CONVERT_CONFIG_INVALID`. */
export function readMerges(model: JsonObject): readonly Merge[] {
  const merges = model['merges'];
  if (!Array.isArray(merges) || merges.length === 0) throw invalid('a list of merges', show(merges));
  const seen = new Set<string>();
  return merges.map((merge) => {
    const pair = typeof merge === 'string' ? merge.split(' ') : merge;
    const [left, right, more] = Array.isArray(pair) ? pair : [];
    if (typeof left !== 'string' || typeof right !== 'string' || more !== undefined || !left || !right) {
      throw invalid('two tokens for every merge', show(merge));
    }
    // llama.cpp reads a merge as two words with a space between; tokens of the kinds that are known hold none.
    if (left.includes(' ') || right.includes(' ')) throw invalid('merges without spaces', show(merge));
    const key = `${left} ${right}`;
    // The first would count for llama.cpp, the last for others.
    if (seen.has(key)) throw invalid('every merge once', show(merge));
    seen.add(key);
    return [left, right];
  });
}
