import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOT_OURS = new Set(['.git', 'node_modules', 'dist', 'coverage', '.tmp']);
const MAX_TEXT_BYTES = 1024 * 1024;

/** Folders of the machine that a file was made on: they exist nowhere else. */
const MACHINE_PATHS = /\/(?:home\/[a-z_][\w-]*|root|work)\//g;
const UNFINISHED = /\b(?:TOD[O]|FIXM[E]|XX[X])\b/g;

const texts = listTexts(ROOT);

describe('the texts of the project', () => {
  it('are all seen here', () => {
    const paths = texts.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['package.json', '.npmrc', 'src/core/index.ts', 'docs/errors.md']),
    );
  });

  it('name no folder of the machine they were written on', () => {
    expect(texts.flatMap((text) => findAll(text, MACHINE_PATHS))).toEqual([]);
  });

  it('leave nothing marked as unfinished', () => {
    expect(texts.flatMap((text) => findAll(text, UNFINISHED))).toEqual([]);
  });

  it('would be caught if they did either', () => {
    const home = ['', 'home', 'ada', ''].join('/');
    const mark = 'todo'.toUpperCase();
    const bad = { path: 'x.md', text: `a\nsee ${home}model.gguf\n${mark}: more` };
    expect(findAll(bad, MACHINE_PATHS)).toEqual([`x.md:2: ${home}`]);
    expect(findAll(bad, UNFINISHED)).toEqual([`x.md:3: ${mark}`]);
  });
});

describe('package-lock.json', () => {
  it('says what to install, not from which server', () => {
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string; integrity?: string; resolved?: string; link?: boolean }>;
    };
    const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(packages.length).toBeGreaterThan(10);
    expect(packages.filter(([, { resolved }]) => resolved?.includes('://')).map(([path]) => path)).toEqual(
      [],
    );
    expect(packages.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
  });
});

describe('the commands that the pages tell a person to type', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };

  it.each(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/errors.md'])(
    'are there: %s',
    (page) => {
      // The README comes last; from then on it is held to this too.
      const text = existsSync(join(ROOT, page)) ? readFileSync(join(ROOT, page), 'utf8') : '';
      const named = [...text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(test)\b)/g)].map(
        ([, run, test]) => run ?? test ?? '',
      );
      expect(named.filter((name) => !(name in scripts))).toEqual([]);
    },
  );

  it('include the two that set everything up, once there is a README', () => {
    const path = join(ROOT, 'README.md');
    const text = existsSync(path) ? readFileSync(path, 'utf8') : 'npm ci && npm run demo\nnpm ci && npm test';
    expect(text).toContain('npm ci && npm run demo');
    expect(text).toContain('npm ci && npm test');
  });
});

interface Text {
  readonly path: string;
  readonly text: string;
}

/** `path:line: what` for each place. */
function findAll({ path, text }: Text, pattern: RegExp): string[] {
  return text
    .split('\n')
    .flatMap((line, index) => [...line.matchAll(pattern)].map(([found]) => `${path}:${index + 1}: ${found}`));
}

function listTexts(folder: string): Text[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listTexts(path);
    if (!entry.isFile() || statSync(path).size > MAX_TEXT_BYTES) return [];
    const text = readFileSync(path, 'utf8');
    return text.includes('\0') ? [] : [{ path: relative(ROOT, path), text }];
  });
}
