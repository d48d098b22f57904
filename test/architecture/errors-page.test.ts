import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { FailureCatalogue, FailureSpec } from '../../src/core/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const GENERATOR = join(ROOT, 'scripts/write-errors-page.mjs');
const PAGE = join(ROOT, 'docs/errors.md');

interface Entry extends FailureSpec {
  readonly room: string;
  readonly code: string;
}

const entries = await readEntries();

describe('docs/errors.md', () => {
  it('is what the generator makes of the code', () => {
    const { status, stderr } = spawnSync(process.execPath, [GENERATOR, '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('names every code of every room, once', () => {
    const page = readFileSync(PAGE, 'utf8');
    const rows = [...page.matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, code]) => code);
    expect(rows).toHaveLength(entries.length);
    expect(new Set(rows)).toEqual(new Set(entries.map(({ code }) => code)));
  });

  it('would be found out if it differed by one word', () => {
    const folder = mkdtempSync(join(tmpdir(), 'milton-errors-'));
    try {
      const copy = join(folder, 'errors.md');
      expect(spawnSync(process.execPath, [GENERATOR, copy]).status).toBe(0);
      expect(spawnSync(process.execPath, [GENERATOR, '--check', copy]).status).toBe(0);
      writeFileSync(copy, readFileSync(copy, 'utf8').replace('permanent code', 'temporary code'));
      const { status, stderr } = spawnSync(process.execPath, [GENERATOR, '--check', copy], {
        encoding: 'utf8',
      });
      expect(status).toBe(1);
      expect(stderr).toContain(
        'Run: npm run docs:errors\nline 3\n  - Whatever ends a job has a temporary code.',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the catalogues', () => {
  it('are all seen here', () => {
    const rooms = new Set(entries.map(({ room }) => room));
    expect([...rooms]).toEqual(expect.arrayContaining(['core', 'system']));
    expect(entries.length).toBeGreaterThan(15);
  });

  it('can be had through the door of each room, so that a library user can tell codes apart', () => {
    const hidden = [...new Set(entries.map(({ room }) => room))]
      .filter((room) => existsSync(join(ROOT, 'src', room, 'index.ts')))
      .filter((room) => !/[A-Z]_FAILURES\b/.test(readFileSync(join(ROOT, 'src', room, 'index.ts'), 'utf8')));
    expect(hidden).toEqual([]);
  });

  it('name a code once in the whole project, in capitals', () => {
    const codes = entries.map(({ code }) => code);
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
    expect(codes.filter((code) => !/^[A-Z]+(_[A-Z0-9]+)+$/.test(code))).toEqual([]);
  });

  it('say in sentences when a code appears', () => {
    expect(entries.filter(({ summary }) => !isSentence(summary)).map(({ code }) => code)).toEqual([]);
  });

  it('give a next step that ends with a period, or with a command to type after a colon', () => {
    expect(entries.filter(({ hint }) => !isStep(hint)).map(({ code, hint }) => `${code}: ${hint}`)).toEqual(
      [],
    );
  });

  it('say what became of the target wherever a rollback or a person is involved', () => {
    const silent = entries.filter(({ exitCode, aftermath }) =>
      exitCode === 4 || exitCode === 5 ? !aftermath : false,
    );
    expect(silent.map(({ code }) => code)).toEqual([]);
  });

  it('hold no code that no test has seen', () => {
    const tests = listFiles(join(ROOT, 'test'))
      .filter((path) => path !== fileURLToPath(import.meta.url))
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    const seen = new Set(tests.match(/\b[A-Z]+(?:_[A-Z0-9]+)+\b/g));
    expect(entries.filter(({ code }) => !seen.has(code)).map(({ code }) => code)).toEqual([]);
  });
});

async function readEntries(): Promise<Entry[]> {
  const source = join(ROOT, 'src');
  const rooms = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const found: Entry[] = [];
  for (const { name: room } of rooms) {
    const path = join(source, room, 'error.ts');
    if (!existsSync(path)) continue;
    const exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
    for (const [name, catalogue] of Object.entries(exported)) {
      if (!name.endsWith('_FAILURES')) continue;
      const specs = Object.entries(catalogue as FailureCatalogue);
      found.push(...specs.map(([code, spec]) => ({ room, code, ...spec })));
    }
  }
  return found;
}

/** It may begin with the name of a field: "general.alignment is …". */
function isSentence(text: string): boolean {
  return /^(?:[A-Z0-9"]|[a-z]+[._][a-z]).*\.$/.test(text);
}

/** A period after a command would be copied along with it. */
function isStep(text: string): boolean {
  return /^\S.*\.$/.test(text) || /^[A-Z].*: \S.*[^.\s]$/.test(text);
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listFiles(path);
    return /\.(ts|mjs|js)$/.test(entry.name) ? [path] : [];
  });
}
