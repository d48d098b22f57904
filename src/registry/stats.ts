/** Counts entries by what they are made of, and names those that matter now. Pure. */
import { compareNewestFirst } from './edits.ts';
import type { RegistryEntry, RegistryStats } from './types.ts';

export function toStats(entries: readonly RegistryEntry[]): RegistryStats {
  const newestFirst = entries.toSorted(compareNewestFirst);
  const versionsWith = (flag: 'active' | 'last_good'): readonly string[] =>
    newestFirst.filter((entry) => entry[flag]).map(({ version }) => version);
  return {
    total: entries.length,
    active: versionsWith('active'),
    last_good: versionsWith('last_good'),
    by_quantization: countBy(newestFirst.map(({ quantization }) => quantization ?? 'none')),
    by_base_model: countBy(newestFirst.map(({ base_model }) => base_model)),
  };
}

/** Most frequent first. */
function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a));
}
