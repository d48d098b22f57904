/** The numeric metrics of two entries side by side. Pure. */
import { compareCodeUnits, type JsonValue } from '../core/index.ts';
import type { Comparison, RegistryEntry } from './types.ts';

/** Every number below `metrics` under its dotted name, in the order of names; `delta` is b − a. */
export function compareEntries(a: RegistryEntry, b: RegistryEntry): Comparison {
  const left = new Map(toNumbers(a.metrics));
  const right = new Map(toNumbers(b.metrics));
  const names = [...new Set([...left.keys(), ...right.keys()])].toSorted(compareCodeUnits);
  return {
    version_a: a.version,
    version_b: b.version,
    metrics: names.map((name) => {
      const valueA = left.get(name) ?? null;
      const valueB = right.get(name) ?? null;
      const delta = valueA === null || valueB === null ? null : valueB - valueA;
      // The difference of two huge numbers of unlike sign is beyond what JSON can say.
      return { name, a: valueA, b: valueB, delta: Number.isFinite(delta) ? delta : null };
    }),
  };
}

function toNumbers(value: JsonValue, prefix = ''): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[prefix, value]];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, item]: [string, JsonValue]) =>
    toNumbers(item, prefix === '' ? key : `${prefix}.${key}`),
  );
}
