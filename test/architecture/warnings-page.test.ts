import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const page = codesOf(read('docs/warnings.md'), /^\| `([A-Z0-9_]+)`/gm);
const errors = codesOf(read('docs/errors.md'), /`([A-Z]+(?:_[A-Z0-9]+)+)`/g);
/** Warnings have their code as a property; so have a few descriptions of failures, which the other page lists. */
const given = codesOf(sources(), /\bcode: '([A-Z]+(?:_[A-Z0-9]+)+)'/g);

describe('docs/warnings.md', () => {
  it('sees the warnings that it judges', () => {
    expect(given.size).toBeGreaterThan(15);
  });

  it('has a row for every warning that the code gives', () => {
    expect([...given].filter((code) => !page.has(code) && !errors.has(code))).toEqual([]);
  });

  it('has no row for a warning that nothing gives', () => {
    expect([...page].filter((code) => !given.has(code) && !errors.has(code))).toEqual([]);
  });

  it('gives no code a second meaning: what is an error elsewhere says so', () => {
    expect([...page].filter((code) => errors.has(code))).toEqual(['BUNDLE_DIGEST_MISMATCH']);
  });
});

function codesOf(text: string, pattern: RegExp): ReadonlySet<string> {
  return new Set([...text.matchAll(pattern)].map(([, code = '']) => code));
}

function sources(): string {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => read(join('src', path)))
    .join('\n');
}
