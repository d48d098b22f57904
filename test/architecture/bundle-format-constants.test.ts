import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROOM = join(ROOT, 'src/bundle');

const named = readPage(readFileSync(join(ROOT, 'docs/bundle-format.md'), 'utf8'));
const known = readCode();

describe('the constants on docs/bundle-format.md', () => {
  it('are the numbers of the code', () => {
    expect(Object.fromEntries(named)).toEqual(
      Object.fromEntries([...named.keys()].map((name) => [name, known.get(name)])),
    );
  });

  it('are all there: the layout, and every limit that a bundle can run into', () => {
    expect(named.size).toBeGreaterThan(25);
    const limits = readFileSync(join(ROOM, 'limits.ts'), 'utf8');
    const expected = [...limits.matchAll(/^export const (\w+)/gm)].map(([, name]) => name ?? '');
    // No rules of the format: how far `milton bundle list` looks, and at how many at a time.
    expect(expected.filter((name) => !named.has(name))).toEqual(['MAX_LIST_BYTES', 'MAX_OPEN_BUNDLES']);
  });
});

function readPage(page: string): ReadonlyMap<string, number> {
  const rows = page.matchAll(/^\| `([A-Z_]+)` +\| ([0-9]+) +\|$/gm);
  return new Map([...rows].map(([, name = '', value]) => [name, Number(value)]));
}

/** Constants of whole numbers, and sums and products of them, from the text of the room. */
function readCode(): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  const texts = readdirSync(ROOM).map((name) => readFileSync(join(ROOM, name), 'utf8'));
  const found = texts.flatMap((text) => [...text.matchAll(/^(?:export )?const ([A-Z_]+) = ([^;]+);$/gm)]);
  // One may be made of others that stand further down, or in another file.
  for (let turn = 0; turn < 5; turn += 1) {
    for (const [, name = '', expression = ''] of found) {
      const value = evaluate(expression, values);
      if (value !== null) values.set(name, value);
    }
  }
  return values;
}

/** `a + b * 2 ** 3 - 1`, without parentheses; null for anything else. */
function evaluate(expression: string, values: ReadonlyMap<string, number>): number | null {
  const tokens = expression.replaceAll('**', '^').match(/[\w]+|[-+*^]/g) ?? [];
  if (tokens.join('') !== expression.replaceAll('**', '^').replace(/\s/g, '')) return null;
  const numbers = tokens.map((token) => values.get(token) ?? Number(token.replaceAll('_', '')));
  let sum = 0;
  for (let at = 0; at < tokens.length;) {
    const sign = tokens[at] === '-' ? -1 : 1;
    if (tokens[at] === '-' || tokens[at] === '+') at += 1;
    let product = 1;
    for (let isFirst = true; isFirst || tokens[at] === '*'; isFirst = false) {
      if (!isFirst) at += 1;
      const base = numbers[at] ?? Number.NaN;
      const isPower = tokens[at + 1] === '^';
      product *= isPower ? base ** (numbers[at + 2] ?? Number.NaN) : base;
      at += isPower ? 3 : 1;
    }
    sum += sign * product;
  }
  return Number.isNaN(sum) ? null : sum;
}
