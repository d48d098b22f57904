/** Which part of everything is to be tried, and how two benches share the work. */

export interface Scope {
  /** Null for all. */
  readonly scenario: string | null;
  readonly from: number;
  readonly to: number;
  /** Every so many points of those; a scenario may have a larger one. */
  readonly stride: number;
  readonly say: (line: string) => void;
}

/** The numbers from 1 to `count` that are to be tried; the first is tried whatever the stride. */
export function chooseNumbers(
  count: number,
  { from, to, stride }: Pick<Scope, 'from' | 'to' | 'stride'>,
): readonly number[] {
  const numbers: number[] = [];
  for (let k = Math.max(1, from); k <= Math.min(count, to); k += stride) numbers.push(k);
  return numbers;
}

/** Each bench takes the next item as soon as it is done with one. */
export async function shareOut<Bench, Item>(
  benches: readonly Bench[],
  items: readonly Item[],
  work: (bench: Bench, item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    benches.map(async (bench) => {
      // Every bench draws from the same iterator.
      for (const item of queue) await work(bench, item);
    }),
  );
}

/** What a trial found; one that could not be made at all has found that. */
export async function orProblem(trial: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await trial();
  } catch (error) {
    return [`it could not be tried: ${String(error)}`];
  }
}
