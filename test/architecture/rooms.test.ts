import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ROOMS } from './room-table.ts';

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url));

/** Files and folders that know nothing of Node, of the time or of chance. */
const PURE = [
  'core/',
  'gguf/',
  'template/',
  'select/',
  'bench/statistics/',
  'bench/compare-qualities.ts',
  'bench/compare-runs.ts',
  'bench/compare-times.ts',
  'bench/comparison-caveats.ts',
  'bench/conditions.ts',
  'bench/grade-answer.ts',
  'bench/metric-comparison.ts',
  'bench/sample-evenly.ts',
  'bench/stated.ts',
  'bench/to-recorded.ts',
  'trust/policy-judge.ts',
  'trust/policy-rules.ts',
  'trust/counter-memory.ts',
  'deploy/plan.ts',
  'deploy/usable-target.ts',
  'deploy/retention.ts',
  'deploy/freed-bytes.ts',
  'deploy/machine.ts',
  'deploy/trust-memory.ts',
  'bundle/manifest.ts',
] as const;

interface Import {
  readonly file: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const files = listFiles(SOURCE).map((path) => relative(SOURCE, path));
const imports = files.flatMap((file) => importsOf(file, readFileSync(join(SOURCE, file), 'utf8')));

describe('the table of rooms', () => {
  it('sees the imports it judges', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(50);
  });

  it('knows every room there is', () => {
    const rooms = readdirSync(SOURCE, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rooms.map((room) => room.name).filter((name) => !(name in ROOMS))).toEqual([]);
  });

  it('holds: imports point down, and enter a room only by its index', () => {
    expect(imports.map(judge).filter((verdict) => verdict !== null)).toEqual([]);
  });

  it('would catch an import that points up, one past the door, and a value where only types may pass', () => {
    const bad: Import[] = [
      { file: 'core/json.ts', specifier: '../system/index.ts', typeOnly: false },
      { file: 'bundle/pack.ts', specifier: '../gguf/reader.ts', typeOnly: false },
      { file: 'select/rank.ts', specifier: '../evidence/index.ts', typeOnly: false },
      { file: 'gguf/reader.ts', specifier: 'node:fs/promises', typeOnly: false },
      { file: 'deploy/plan.ts', specifier: 'node:path', typeOnly: false },
      { file: 'engine/llama-cpp-engine.ts', specifier: 'node-llama-cpp', typeOnly: false },
    ];
    expect(bad.map(judge).filter((verdict) => verdict === null)).toEqual([]);
    expect(judge({ file: 'select/rank.ts', specifier: '../evidence/index.ts', typeOnly: true })).toBeNull();
  });
});

describe('pure files', () => {
  it('read no clock and no chance', () => {
    const guilty = files
      .filter((file) => isPure(file))
      .filter((file) =>
        /\bDate\.now\(|new Date\(\)|Math\.random\(|performance\.now\(/.test(withoutComments(file)),
      );
    expect(guilty).toEqual([]);
  });
});

function judge({ file, specifier, typeOnly }: Import): string | null {
  const verdict = `${file} imports ${specifier}`;
  if (specifier === 'node-llama-cpp' && !typeOnly) {
    return file === 'engine/llama-cpp-child.ts' ? null : `${verdict}: only the engine's child may`;
  }
  if (!specifier.startsWith('.')) {
    return isPure(file) && specifier.startsWith('node:') ? `${verdict}: it is pure` : null;
  }
  const target = relative(SOURCE, resolve(SOURCE, dirname(file), specifier));
  const [room = ''] = file.split('/');
  const [other = ''] = target.split('/');
  if (!file.includes('/') || room === other) return null;
  if (target !== `${other}/index.ts`) return `${verdict}: enter ${other} by its index`;
  const allowed = ROOMS[room] ?? [];
  if (allowed.includes(other) || (typeOnly && allowed.includes(`${other} (types)`))) return null;
  return `${verdict}: ${room} may not import ${other}`;
}

function isPure(file: string): boolean {
  return PURE.some((prefix) => file === prefix || (prefix.endsWith('/') && file.startsWith(prefix)));
}

function importsOf(file: string, text: string): Import[] {
  const statements = text.matchAll(
    /^(?:import|export)\s+(?<type>type\s)?(?<names>(?:\*(?:\s+as\s+\w+)?|[\w\s,{}]*?))\s+from\s+['"](?<from>[^'"]+)['"]|^import\s+['"](?<bare>[^'"]+)['"]/gm,
  );
  const dynamic = text.matchAll(/\bimport\(\s*['"](?<from>[^'"]+)['"]\s*\)/g);
  return [
    ...[...statements].map((match) => ({
      file,
      specifier: match.groups?.['from'] ?? match.groups?.['bare'] ?? '',
      typeOnly: match.groups?.['type'] !== undefined || areAllTypes(match.groups?.['names'] ?? ''),
    })),
    ...[...dynamic].map((match) => ({ file, specifier: match.groups?.['from'] ?? '', typeOnly: false })),
  ];
}

function areAllTypes(names: string): boolean {
  const list = /\{([^}]*)\}/.exec(names)?.[1];
  if (list === undefined) return false;
  const items = list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items.length > 0 && items.every((item) => item.startsWith('type '));
}

function withoutComments(file: string): string {
  return readFileSync(join(SOURCE, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listFiles(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}
