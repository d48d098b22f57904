/** Chooses fewer cases where there is no time for all, so that every kind keeps its share. */

export interface SampleEvenlyOptions<Item> {
  /** Of which kind an item is: category, and what else must stay in balance. */
  readonly groupOf?: (item: Item) => string;
}

/**
 * `count` items in their order, the same each time. The items of each kind are laid end to end and taken at equal distances,
 * so that a kind gets its share to within one. All where `count` is no less than there are.
 */
export function sampleEvenly<Item>(
  items: readonly Item[],
  count: number,
  { groupOf = () => '' }: SampleEvenlyOptions<Item> = {},
): readonly Item[] {
  if (!(count >= 0)) throw new RangeError(`${count} is no number of cases.`);
  const wanted = Math.floor(count);
  if (wanted >= items.length) return items;
  const groups = new Map<string, number[]>();
  items.forEach((item, index) => {
    const group = groupOf(item);
    groups.set(group, [...(groups.get(group) ?? []), index]);
  });
  const laidOut = [...groups.values()].flat();
  const chosen = new Set(
    Array.from({ length: wanted }, (_, no) => laidOut[Math.floor(((no + 0.5) * laidOut.length) / wanted)]),
  );
  return items.filter((_, index) => chosen.has(index));
}
