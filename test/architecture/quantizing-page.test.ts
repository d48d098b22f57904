/** docs/quantizing.md tells of every type there is. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_QUANTIZATION_TYPE, QUANTIZATION_TYPES } from '../../src/quantize/index.ts';

const page = readFileSync(new URL('../../docs/quantizing.md', import.meta.url), 'utf8');

describe('docs/quantizing.md', () => {
  it('has a row for each type, with its bits', () => {
    const rows = [...page.matchAll(/^\| `(\w+)` +\| [\d.]+ GB +\| (\d+) /gm)].map(([, type, bits]) => [
      type,
      Number(bits),
    ]);
    expect(rows).toEqual(Object.entries(QUANTIZATION_TYPES).map(([type, { bits }]) => [type, bits]));
  });

  it('names the default', () => {
    expect(page).toMatch(new RegExp(`\`${DEFAULT_QUANTIZATION_TYPE}\` .*the default`));
  });
});
