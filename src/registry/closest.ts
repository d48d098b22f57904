/** Finds the names that look most like a mistyped one. Pure. */
import { MAX_COMPARED_LENGTH, MAX_VERSIONS_COMPARED } from './limits.ts';

const SUGGESTIONS = 3;

/** At most three, nearest first; equally near ones stay in the order given. */
export function findClosest(wanted: string, names: readonly string[]): readonly string[] {
  return names
    .slice(0, MAX_VERSIONS_COMPARED)
    .map((name) => ({ name, distance: editDistance(wanted.toLowerCase(), name.toLowerCase()) }))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, SUGGESTIONS)
    .map(({ name }) => name);
}

/** Levenshtein distance of the first {@link MAX_COMPARED_LENGTH} characters, with one row of memory. */
function editDistance(a: string, b: string): number {
  const left = a.slice(0, MAX_COMPARED_LENGTH);
  const right = b.slice(0, MAX_COMPARED_LENGTH);
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
