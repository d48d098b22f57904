import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
const defended = page.slice(page.indexOf('## What is defended'), page.indexOf('## What is not defended'));
const defences = defended.split(/^- /m).slice(1);

describe('SECURITY.md', () => {
  it('says of each defence where it is tested', () => {
    expect(defences.length).toBeGreaterThan(20);
    expect(defences.filter((defence) => testsOf(defence).length === 0)).toEqual([]);
  });

  it('names tests that are there', () => {
    expect(defences.flatMap(testsOf).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('says what is not defended', () => {
    expect(page).toMatch(/^## What is not defended$/m);
  });
});

/** Paths below `test/`; a bare name lies beside the one before it. */
function testsOf(defence: string): string[] {
  const paths: string[] = [];
  const behind = defence.slice(defence.indexOf(' — '));
  for (const [, name = ''] of behind.matchAll(/`([\w/.-]+(?:\.test\.ts|\/))`/g)) {
    paths.push(name.startsWith('test/') ? name : join(dirname(paths.at(-1) ?? ''), name));
  }
  return paths;
}
