import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { utimesSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatJson } from '../../src/core/index.ts';
import {
  openRegistry,
  toRegistryEntry,
  type Registry,
  type RegistryEntry,
} from '../../src/registry/index.ts';
import { fixedClock } from '../../src/system/index.ts';
import { toEntry } from '../fakes/registry-entry.ts';

const DOOR = new URL('../../dist/registry/index.js', import.meta.url).href;
const EXAMPLE = new URL('../fixtures/seed/registry-example.json', import.meta.url);
const hasPython = spawnSync('python3', ['--version']).status === 0;

let folder = '';
let path = '';
let registry: Registry;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-registry-'));
  path = join(folder, 'models', 'registry.json');
  registry = openRegistry(path, { clock: fixedClock(new Date('2026-02-01T10:00:00.123Z')) });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeRegistry(text: string): Promise<void> {
  await mkdir(join(folder, 'models'), { recursive: true });
  await writeFile(path, text);
}

function writeEntries(...entries: readonly RegistryEntry[]): Promise<void> {
  return writeRegistry(formatJson(entries));
}

async function versionsOf(...filter: Parameters<Registry['list']>): Promise<readonly string[]> {
  return (await registry.list(...filter)).map(({ version }) => version);
}

describe('openRegistry', () => {
  describe('when there is no file yet', () => {
    it('lists nothing and makes nothing', async () => {
      expect(await registry.list()).toEqual([]);
      expect(await registry.stats()).toMatchObject({ total: 0 });
      await expect(registry.get('v1')).rejects.toThrow(
        expect.objectContaining({ code: 'REGISTRY_VERSION_UNKNOWN' }),
      );
      expect(await readdir(folder)).toEqual([]);
    });

    it('registers the first model into a new folder, and leaves no temp file', async () => {
      const entry = toRegistryEntry({
        version: 'v1',
        baseModel: 'llama',
        gguf: { path: '/m.gguf', sizeBytes: 9 },
      });
      const { replaced } = await registry.register(entry);
      expect(replaced).toBeNull();
      expect(await registry.get('v1')).toEqual({
        ...entry,
        timestamp: '2026-02-01T10:00:00.123+00:00',
        active: false,
        last_good: false,
      });
      expect(await readdir(join(folder, 'models'))).toEqual(['registry.json', 'registry.json.lock']);
    });
  });

  it('reads the example', async () => {
    await writeRegistry(await readFile(EXAMPLE, 'utf8'));
    expect(await registry.list()).toEqual(JSON.parse(await readFile(EXAMPLE, 'utf8')));
    expect((await registry.get('v1.20260111.1425')).active).toBe(true);
    expect([...(await registry.getTree('v1.20260111.1425')).keys()][0]).toBe('version');
  });

  it('lists newest first, filtered by base model and quantization', async () => {
    await writeEntries(
      toEntry('old', { timestamp: '2026-01-01T00:00:00+00:00' }),
      toEntry('new', { timestamp: '2026-01-03T00:00:00+00:00', quantization: null }),
      toEntry('middle', { timestamp: '2026-01-02T00:00:00+00:00', base_model: 'other' }),
    );
    expect(await versionsOf()).toEqual(['new', 'middle', 'old']);
    expect(await versionsOf({ quantization: 'q4_0' })).toEqual(['middle', 'old']);
    expect(await versionsOf({ baseModel: 'other' })).toEqual(['middle']);
  });

  it('activates, rolls back, compares, counts and removes', async () => {
    await writeEntries(
      toEntry('v1', { active: true, metrics: { size: 3 } }),
      toEntry('v2', { metrics: { size: 5 } }),
    );
    expect((await registry.activate('v2')).deactivated.map(({ version }) => version)).toEqual(['v1']);
    expect(await registry.stats()).toMatchObject({ active: ['v2'], last_good: ['v1'] });
    expect((await registry.rollback()).activated.version).toBe('v1');
    await expect(registry.rollback()).rejects.toThrow(
      expect.objectContaining({ code: 'REGISTRY_NO_LAST_GOOD' }),
    );
    expect((await registry.compare('v1', 'v2')).metrics).toEqual([{ name: 'size', a: 3, b: 5, delta: 2 }]);
    await expect(registry.remove('v1')).rejects.toThrow(
      expect.objectContaining({ code: 'REGISTRY_VERSION_ACTIVE' }),
    );
    await registry.remove('v1', { force: true });
    expect((await registry.list()).map(({ version }) => version)).toEqual(['v2']);
  });

  it('does not write when there is nothing to change', async () => {
    await writeEntries(toEntry('v1', { active: true }));
    const before = (await stat(path, { bigint: true })).ino;
    await registry.activate('v1');
    expect((await stat(path, { bigint: true })).ino).toBe(before);
  });

  it.each(['a/b', '..', 'a b', '🦙', ''])('refuses to register the version %j', async (version) => {
    await expect(registry.register(toEntry(version))).rejects.toThrow(
      expect.objectContaining({ code: 'CORE_VERSION_INVALID' }),
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['broken JSON', '[{"version": "v1",', 'CORE_JSON_INVALID'],
    ['NaN', '[{"version": NaN}]', 'CORE_JSON_NOT_FINITE'],
    ['an empty file', '', 'CORE_JSON_INVALID'],
    ['an entry with a missing field', '[{"version": "v1"}]', 'REGISTRY_INVALID'],
    ['an unknown key', formatJson([{ ...toEntry('v1'), note: 1 }]), 'REGISTRY_INVALID'],
  ])('refuses %s, and never overwrites it', async (_, text, code) => {
    await writeRegistry(text);
    await expect(registry.list()).rejects.toThrow(expect.objectContaining({ code }));
    await expect(registry.register(toEntry('v2'))).rejects.toThrow(expect.objectContaining({ code }));
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('keeps the mode of the file, and a link to it', async () => {
    await writeEntries(toEntry('v1'));
    await chmod(path, 0o640);
    const link = join(folder, 'registry-link.json');
    await symlink(path, link);
    await openRegistry(link, { clock: fixedClock(new Date()) }).activate('v1');
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect((await registry.get('v1')).active).toBe(true);
  });
});

describe('a writer that takes no lock', () => {
  it('loses nothing: the edit is redone on what it wrote', async () => {
    await writeEntries(toEntry('v1'));
    let calls = 0;
    // Our clock is read between our reading of the file and our rename: there Python rewrites it, once.
    const clock = {
      now() {
        calls += 1;
        if (calls === 1) writeFileSync(path, formatJson([toEntry('v1'), toEntry('python')]));
        return new Date('2026-02-01T00:00:00Z');
      },
    };
    await openRegistry(path, { clock }).register(toEntry('ours'));
    expect(calls).toBe(2);
    expect((await registry.list()).map(({ version }) => version)).toEqual(['ours', 'v1', 'python']);
  });

  it('is told apart by what it keeps doing: contention is a refusal, not an endless loop', async () => {
    await writeEntries(toEntry('v1'));
    let tick = 0;
    const clock = {
      now() {
        tick += 1;
        utimesSync(path, tick, tick);
        return new Date('2026-02-01T00:00:00Z');
      },
    };
    await expect(openRegistry(path, { clock }).register(toEntry('v2'))).rejects.toThrow(
      expect.objectContaining({ code: 'REGISTRY_CONTENDED', exitCode: 1, aftermath: 'unchanged' }),
    );
    expect((await registry.list()).map(({ version }) => version)).toEqual(['v1']);
    expect((await readdir(join(folder, 'models'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('many writers at once', () => {
  it('keeps all 200 entries of 10 processes that register 20 each', async () => {
    const script = `
      const { openRegistry } = await import(${JSON.stringify(DOOR)});
      const [path, who] = process.argv.slice(1);
      const registry = openRegistry(path, { clock: { now: () => new Date() } });
      const entry = ${JSON.stringify(toEntry('x'))};
      for (let turn = 0; turn < 20; turn += 1) await registry.register({ ...entry, version: 'p' + who + '.' + turn });
    `;
    const children = Array.from({ length: 10 }, (_, who) =>
      spawn(process.execPath, ['--input-type=module', '-e', script, path, String(who)], { stdio: 'inherit' }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as number));
    expect(codes).toEqual(Array.from({ length: 10 }, () => 0));
    const versions = new Set((await registry.list()).map(({ version }) => version));
    expect(versions.size).toBe(200);
  });
});

describe.skipIf(!hasPython)('what the Python side wrote', () => {
  const write = `
import json, sys
e = json.load(open(sys.argv[2]))[0]
e["metrics"]["odd"] = {"10": 1.0, "9": 2**60, "big": 2**200, "exp": 1e22, "tiny": 5e-324, "neg": -0.0, "f": 0.1 + 0.2,
  "": None, "__proto__": {"x": [1, [2.50, {}], []]}, "uni": "日本 🦙 \\u2028 \\ud800", "esc": "\\x00\\"/\\\\"}
other = dict(e, version="v0", active=False, timestamp="2025-01-01T00:00:00+00:00")
json.dump([e, other], open(sys.argv[1], "w"), indent=2)
`;
  const compare = `
import json, sys
def same(a, b):
    if type(a) is not type(b): return False
    if isinstance(a, dict): return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list): return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b)
before, after = json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))
for e in before: e["active"], e["last_good"] = (e["version"] == "v0"), (e["version"] != "v0")
print("same" if same(before, after[:2]) else "differs")
print(after[2]["version"], sorted(after[2]) == sorted(before[0]))
`;

  it('survives our rewrite: every other value, its type and the order of keys are equal', async () => {
    await mkdir(join(folder, 'models'));
    const copy = join(folder, 'before.json');
    execFileSync('python3', ['-c', write, path, EXAMPLE.pathname]);
    await writeFile(copy, await readFile(path));
    await registry.activate('v0');
    await registry.register(toEntry('v2'));
    expect(execFileSync('python3', ['-c', compare, copy, path], { encoding: 'utf8' })).toBe(
      'same\nv2 True\n',
    );
  });
});
