/**
 * The rule "known keys only" over every file that the commands write where the Python side reads: one key too many, and it
 * refuses the file or loads nothing. A file that is not listed here fails too.
 */
import { execFileSync } from 'node:child_process';
import { copyFile, lstat, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMilton, type Finished } from '../cli/run-milton.ts';
import { writeHfDirectory } from '../fakes/hf-directory.ts';
import { ENTRY_KEYS, MANIFEST_KEYS, RECORD_KEYS } from '../fakes/closed-keys.ts';

type Value = Readonly<Record<string, unknown>>;

const METADATA = ['run_id', 'timestamp', 'git_sha', 'git_branch', 'git_dirty', 'command_line', 'dry_run'];
const SYSTEM_INFO = [
  'hostname',
  'platform',
  'platform_version',
  'python_version',
  'cpu_info',
  'cpu_count',
  'total_ram_gb',
  'gpu_info',
  'cuda_version',
];
const CANDIDATE = [
  'version',
  'model_type',
  'model_path',
  'base_model',
  'quantization',
  'distilled_from',
  'file_size_mb',
  'parameter_count',
  'metrics',
];
const METRICS = [
  'latency_ms',
  'tokens_per_sec',
  'peak_vram_mb',
  'peak_ram_mb',
  'cove_pass_rate',
  'retrieval_score',
];
const SUMMARY = ['run_id', 'timestamp', 'model_version', 'metrics'];
/** Files of the formats page by name, and what it says about their keys. */
const CLOSED: readonly (readonly [RegExp, (value: Value) => void])[] = [
  [/(^|\/)registry\.json$/, (value) => (value as unknown as Value[]).forEach(expectEntry)],
  [/(^|\/)registry_entry\.json$/, expectEntry],
  [/(^|\/)manifest\.json$/, expectManifest],
  [/(^|\/)benchmark_summary\.json$/, expectSummary],
  [/benchmarks\/runs\/benchmark_\d{8}_\d{6}\.json$/, expectRun],
  [/deployment_history\/(deploy|rollback|dryrun)_[^/]+\.json$/, (value) => expectKeys(value, RECORD_KEYS)],
];

/** Files of our own, in which new keys are welcome. */
const OPEN = [
  /deployment_history\/details_[^/]+\.json$/,
  /(^|\/)edge\.json$/,
  /(^|\/)state\/(targets|digests)\.json$/,
];

/** What is no JSON document, or the model itself. */
const OTHER = [
  /\/model\//,
  /\.gguf$/,
  /\/(SHA256SUMS|DEPLOYED_AT|model\.env|journal\.jsonl)$/,
  /(\/lock|\.lock)$/,
  /\.tar\.gz$/,
  /^models\/hf\//,
];

/** What is removed at the end. */
let place: string;
/** The folder of the demo in it. */
let folder: string;
let state: string;
/** Of the model that the demo quantized. */
let gguf: string;

const milton = (...args: string[]): Promise<Finished> =>
  runMilton([...args, '--quiet'], { env: { MILTON_STATE_DIR: state, TMPDIR: folder }, cwd: folder });

async function expectExit(exitCode: number, ...args: string[]): Promise<void> {
  expect({ args, ...(await milton(...args)) }).toMatchObject({ args, exitCode });
}

/** Every command that writes, once at least: as it succeeds and as it is refused. */
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'milton-keys-'));
  folder = place;
  state = join(place, 'state');
  const demo = JSON.parse((await milton('demo', '--keep', '--json')).stdout) as Record<
    'folder' | 'state_dir',
    string
  >;
  folder = demo.folder;
  state = demo.state_dir;
  await writeHfDirectory(join(folder, 'models/hf'));
  gguf = join(state, 'models/quantized/quantized_milton-sample-2m_4bit/model-q4_0.gguf');
  const to = ['--target-path', join(folder, 'edge/llm')];
  const expected: readonly (readonly [number, ...string[]])[] = [
    [
      0,
      'models',
      'register',
      'h1',
      '--hf',
      'models/hf',
      '--gguf',
      gguf,
      '--commit',
      'abc',
      '--distilled-from',
      'x',
      '--activate',
    ],
    [0, 'models', 'register', 'h2', '--gguf', gguf],
    [0, 'models', 'activate', 'h2'],
    [0, 'models', 'rollback'],
    [0, 'models', 'remove', 'h2'],
    [0, 'bundle', 'create', '--model', gguf, '--version', 'plain', '--out', 'shelf'],
    [0, 'bundle', 'create', 'h1', '--artifact', 'hf-distilled', '--out', 'shelf'],
    [0, 'deploy', '--dry-run', '--skip-load-test', ...to],
    [3, 'deploy', '--thresholds', 'min_throughput=1000000000', ...to],
    [1, 'deploy', '--run', 'nothing', ...to],
    [0, 'deploy', '--no-bundle', '--skip-load-test', '--target-path', join(folder, 'edge/second')],
    [3, 'rollback', ...to],
  ];
  for (const [exitCode, ...args] of expected) await expectExit(exitCode, ...args);
  // A bundle without registry and run into the default target, and a directory.
  for (const name of await readdir(join(folder, 'shelf'))) {
    await expectExit(0, 'deploy', '--skip-load-test', '--bundle', join('shelf', name));
  }
  for (const shelf of ['shelf', 'state/bundles']) {
    for (const name of await readdir(join(folder, shelf))) {
      await mkdir(join(folder, 'unpacked'), { recursive: true });
      execFileSync('tar', ['xzf', join(folder, shelf, name), '-C', join(folder, 'unpacked')]);
    }
  }
});

afterAll(() => rm(place, { recursive: true, force: true }));

describe.skipIf(process.platform === 'win32')('every file that the commands wrote', () => {
  it('is known to this test', async () => {
    const known = [...CLOSED.map(([pattern]) => pattern), ...OPEN, ...OTHER];
    const names = await listFiles(folder);
    expect(names.filter((name) => !known.some((pattern) => pattern.test(name)))).toEqual([]);
    // And this test sees each of them.
    for (const pattern of [...CLOSED.map(([pattern]) => pattern), ...OPEN])
      expect(
        names.filter((name) => pattern.test(name)),
        String(pattern),
      ).not.toEqual([]);
    const ids = names
      .filter((name) => /deployment_history\/(?!details_)/.test(name))
      .map((name) => basename(name));
    expect(new Set(ids.map((id) => id.split('_')[0]))).toEqual(new Set(['deploy', 'rollback', 'dryrun']));
  });

  it('holds the keys of the formats page, in its order, and no other', async () => {
    let seen = 0;
    for (const name of await listFiles(folder)) {
      const rule = CLOSED.find(([pattern]) => pattern.test(name));
      if (rule === undefined) continue;
      seen += 1;
      rule[1](JSON.parse(await readFile(join(folder, name), 'utf8')) as Value);
    }
    expect(seen).toBeGreaterThan(30);
  });

  it('is JSON in snake_case, indented by two spaces', async () => {
    for (const name of await listFiles(folder)) {
      if (![...CLOSED.map(([pattern]) => pattern), ...OPEN].some((pattern) => pattern.test(name))) continue;
      const text = await readFile(join(folder, name), 'utf8');
      const value = JSON.parse(text) as Value;
      expect(text.trimEnd(), name).toBe(JSON.stringify(value, null, 2));
      expect(
        keysOf(value).filter((key) => !/^[a-z0-9_]+$/.test(key) && !/[/.]/.test(key)),
        name,
      ).toEqual([]);
    }
  });

  it('would be caught with one key more, or one less', () => {
    const record = Object.fromEntries(RECORD_KEYS.map((key) => [key, null]));
    expect(() => expectKeys({ ...record, state: 'live' }, RECORD_KEYS)).toThrow('to deeply equal');
    expect(() => expectKeys(Object.fromEntries(Object.entries(record).slice(1)), RECORD_KEYS)).toThrow(
      'to deeply equal',
    );
  });
});

describe('a registry that the Python side wrote', () => {
  it('is the same after our rewrite, to the digit, with ours below "metrics" only', async () => {
    const example = fileURLToPath(new URL('../fixtures/seed/registry-example.json', import.meta.url));
    const before = await readFile(example, 'utf8');
    const file = join(folder, 'python/models/registry.json');
    await mkdir(join(folder, 'python/models'), { recursive: true });
    await copyFile(example, file);
    const args = ['models', 'register', 'v2', '--gguf', gguf, '--state-dir', join(folder, 'python')];
    expect(await milton(...args)).toMatchObject({ exitCode: 0 });
    const text = await readFile(file, 'utf8');
    expect(text.startsWith(before.trimEnd().replace(/\s*\]$/, ','))).toBe(true);
    const entries = JSON.parse(text) as Value[];
    expect(entries).toHaveLength(2);
    entries.forEach(expectEntry);
  });
});

function expectKeys(value: unknown, keys: readonly string[]): asserts value is Value {
  expect(Object.keys(value as Value)).toEqual(keys);
}

function expectEntry(entry: unknown): void {
  expectKeys(entry, ENTRY_KEYS);
}

function expectManifest(manifest: Value): void {
  expectKeys(manifest, MANIFEST_KEYS);
  expectEntry(manifest['registry_entry']);
  expectSummary(manifest['benchmark_summary'] as Value);
}

function expectSummary(summary: Value): void {
  expectKeys(summary, SUMMARY);
  const metrics = summary['metrics'];
  expectKeys(metrics, ['latency_ms', 'tokens_per_sec', 'cove_pass_rate', 'retrieval_score']);
  for (const metric of Object.values(metrics)) expectKeys(metric, ['value', 'status']);
}

function expectRun(run: Value): void {
  expect(Object.keys(run).filter((key) => key !== 'milton')).toEqual([
    'metadata',
    'system_info',
    'candidates',
  ]);
  expectKeys(run['metadata'], METADATA);
  expectKeys(run['system_info'], SYSTEM_INFO);
  for (const candidate of run['candidates'] as Value[]) {
    expect(Object.keys(candidate)).toEqual(expect.arrayContaining(CANDIDATE));
    const metrics = candidate['metrics'];
    expectKeys(metrics, METRICS);
    for (const metric of Object.values(metrics))
      expectKeys(metric, ['status', 'value', 'error_message', 'metadata']);
  }
}

/** Regular files by their path from the folder; links are not followed. */
async function listFiles(root: string, below = ''): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(join(root, below))) {
    const path = join(below, name);
    const stats = await lstat(join(root, path));
    if (stats.isDirectory()) names.push(...(await listFiles(root, path)));
    else if (stats.isFile()) names.push(path);
  }
  return names;
}

function keysOf(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  const below = Object.values(value).flatMap(keysOf);
  return Array.isArray(value) ? below : [...Object.keys(value), ...below];
}
