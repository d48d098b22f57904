/** Every way in which `milton deploy` stops: code, exit code, both sides, next step, untouched target, and a record. */
import { execFileSync } from 'node:child_process';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BenchmarkRun, Candidate } from '../../src/evidence/index.ts';
import type { RegistryEntry } from '../../src/registry/index.ts';
import { toCandidate } from '../fakes/benchmark-run.ts';
import { readTree } from '../fakes/deploy-bench.ts';
import { toEntry } from '../fakes/registry-entry.ts';
import { runMilton, runMiltonHere, type Finished } from './run-milton.ts';
import { candidateOf, entryOf, runOf, useShop, type Model } from './shop.ts';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
const STAMP = '20260111_202801';

const shop = useShop();
let good: Model;
let lastCase = 0;

beforeAll(async () => {
  good = await shop.model('good.gguf', { seed: 1 });
  const live = await shop.bundle('live', await shop.model('live.gguf', { seed: 2 }));
  const args = ['deploy', '--bundle', live, '--skip-load-test', '--target-path', shop.target];
  await shop.milton(...args);
  const write = (name: string, content: string | Uint8Array) => writeFile(join(shop.folder, name), content);
  await write('empty.gguf', '');
  await write('other.gguf', 'a picture, perhaps, with the right name');
  await write('short.gguf', await readFile(good.path));
  await truncate(join(shop.folder, 'short.gguf'), good.sizeBytes - 1);
  await mkdir(join(shop.folder, 'folder.gguf'));
  await mkdir(join(shop.folder, 'notes'));
  await write('notes/todo.txt', 'train a model');
});

interface Case {
  readonly entries?: readonly RegistryEntry[];
  /** The text of a registry that is no list of entries. */
  readonly registry?: string;
  readonly candidates?: readonly Candidate[];
  readonly metadata?: Partial<BenchmarkRun['metadata']>;
  /** The text of a run; null for none. */
  readonly run?: string | null;
  readonly args?: readonly string[];
  readonly target?: string;
}

interface Refused extends Finished {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly aftermath: string;
    readonly details: Readonly<Record<string, unknown>>;
  };
}

/** Runs one case in a state directory of its own, against the target where something is live, and looks at what is left. */
async function refuse({
  entries,
  registry,
  candidates,
  metadata,
  run,
  args = [],
  target = shop.target,
}: Case): Promise<Refused> {
  lastCase += 1;
  const state = join(shop.folder, `state-${lastCase}`);
  await mkdir(state);
  if (registry === undefined) await shop.saveRegistry(entries ?? [entryOf('v1', good)], state);
  else {
    await mkdir(join(state, 'models'));
    await writeFile(join(state, 'models/registry.json'), registry);
  }
  if (run !== null)
    await shop.saveRun(STAMP, run ?? runOf(STAMP, candidates ?? [candidateOf('v1', good)], metadata), state);
  const before = { srv: await readTarget(), state: await readTree(state) };
  const all = ['deploy', '--target-path', target, '--state-dir', state, '--json', ...args];
  const finished = await runMiltonHere(all, { cwd: shop.folder });
  const { ok, error } = JSON.parse(finished.stdout) as { ok: boolean } & Pick<Refused, 'error'>;
  expect(ok).toBe(false);
  expect(error.hint).toMatch(/\w{3}/);
  expect(error.aftermath).toBe('unchanged');
  expect(await readTarget(), 'the target').toEqual(before.srv);
  const rest = [...(await readTree(state))].filter(([name]) => !name.startsWith('deployment_history'));
  // An empty folder for bundles and the list of targets that were tried are no remains.
  expect(
    rest.filter(([name]) => !/^(bundles|targets\.json(\.lock)?)$/.test(name)),
    'the state directory',
  ).toEqual([...before.state]);
  const attempts = await shop.attempts(state);
  expect(attempts, 'the history').toMatchObject([
    {
      record: { target_path: target, status: 'failed', error_message: `${error.code}: ${error.message}` },
      details: { state: 'refused', exit_code: finished.exitCode, error: { code: error.code } },
    },
  ]);
  return { ...finished, error };
}

/** All of it but the journal, which tells of attempts too. */
async function readTarget(): Promise<[string, string][]> {
  const tree = await readTree(join(shop.folder, 'srv'));
  return [...tree].filter(([name]) => !name.endsWith('journal.jsonl'));
}

const withGguf =
  (name: string): (() => Case) =>
  () => ({
    entries: [toEntry('v1', { metrics: { compression: { gguf_path: join(shop.folder, name) } } })],
    candidates: [toCandidate('v1')],
  });

describe('milton deploy refuses', () => {
  it.each<[string, () => Case, number, string, RegExp]>([
    ['no benchmark run', () => ({ run: null }), 1, 'EVIDENCE_NO_RUN', /--benchmark-file FILE/],
    [
      'a run that is not there',
      () => ({ args: ['--run', 'benchmark_20200101_000000'] }),
      1,
      'EVIDENCE_NO_RUN',
      /--benchmark-file/,
    ],
    [
      'a model that is not registered',
      () => ({ entries: [entryOf('v2', good)] }),
      1,
      'REGISTRY_VERSION_UNKNOWN',
      /milton models list/,
    ],
    [
      'an empty registry',
      () => ({ entries: [] }),
      1,
      'REGISTRY_VERSION_UNKNOWN',
      /milton models register VERSION --gguf FILE/,
    ],
    [
      'a model without a GGUF',
      () => ({ entries: [toEntry('v1')] }),
      1,
      'REGISTRY_NO_GGUF',
      /--artifact hf-distilled.*: milton quantize v1$/m,
    ],
    [
      'a GGUF that is not there',
      withGguf('gone.gguf'),
      1,
      'REGISTRY_ARTIFACT_MISSING',
      /milton models register v1 --gguf FILE/,
    ],
    [
      'a GGUF that is a directory',
      withGguf('folder.gguf'),
      3,
      'REGISTRY_ARTIFACT_WRONG_KIND',
      /--artifact hf-distilled/,
    ],
    ['an empty GGUF', withGguf('empty.gguf'), 3, 'REGISTRY_ARTIFACT_EMPTY', /again/],
    ['bytes that are no GGUF', withGguf('other.gguf'), 3, 'GGUF_MAGIC', /GGUF/],
    ['a GGUF with one byte missing', withGguf('short.gguf'), 3, 'GGUF_DATA_INCOMPLETE', /again/],
    [
      'a directory that is a file',
      () => ({
        entries: [entryOf('v1', good, { model_path: good.path })],
        args: ['--artifact', 'hf-distilled'],
      }),
      3,
      'REGISTRY_ARTIFACT_WRONG_KIND',
      /--artifact gguf/,
    ],
    [
      'a directory that is no model',
      () => ({
        entries: [entryOf('v1', good, { model_path: join(shop.folder, 'notes') })],
        candidates: [toCandidate('v1')],
        args: ['--artifact', 'hf-distilled'],
      }),
      3,
      'HF_CONFIG_INVALID',
      /./,
    ],
    [
      'bytes that were not measured',
      () => ({ candidates: [candidateOf('v1', { ...good, sha256: '0'.repeat(64) })] }),
      3,
      'EVIDENCE_MISMATCH',
      /Benchmark this very file/,
    ],
    [
      'a path that depends on where one stands',
      () => ({ entries: [toEntry('v1', { metrics: { compression: { gguf_path: 'good.gguf' } } })] }),
      3,
      'REGISTRY_PATH_RELATIVE',
      /milton models register v1 --gguf FILE/,
    ],
    ['a registry that is broken', () => ({ registry: '[{"version": "v1"' }), 1, 'CORE_JSON_INVALID', /./],
    ['a registry with NaN', () => ({ registry: '[{"version": NaN}]' }), 1, 'CORE_JSON_NOT_FINITE', /./],
    [
      'a registry with a missing field',
      () => ({ registry: '[{"version": "v1", "base_model": "b"}]' }),
      1,
      'REGISTRY_INVALID',
      /Repair the entry/,
    ],
    ['a run that is broken', () => ({ run: '{"metadata": {' }), 1, 'CORE_JSON_INVALID', /./],
    ['a run with NaN', () => ({ run: '{"metadata": NaN}' }), 1, 'CORE_JSON_NOT_FINITE', /./],
    [
      'a run with wrong types',
      () => ({ run: JSON.stringify({ ...runOf(STAMP, []), candidates: {} }) }),
      1,
      'EVIDENCE_RUN_INVALID',
      /Repair/,
    ],
    [
      'a metric that is ok and holds nothing',
      () => ({
        run: JSON.stringify(runOf(STAMP, [candidateOf('v1', good)])).replace('"value":95', '"value":null'),
      }),
      1,
      'EVIDENCE_METRIC_INVALID',
      /./,
    ],
    ['a run without candidates', () => ({ candidates: [] }), 3, 'EVIDENCE_NO_CANDIDATES', /benchmark/],
    ['a run that is a dry run', () => ({ metadata: { dry_run: true } }), 3, 'EVIDENCE_RUN_DRY', /./],
    [
      'a run of tomorrow',
      () => ({ metadata: { timestamp: '2999-01-01T00:00:00+00:00' } }),
      3,
      'EVIDENCE_RUN_FUTURE',
      /clock/,
    ],
    [
      'a run that was cut short',
      () => ({
        run: JSON.stringify({ ...runOf(STAMP, [candidateOf('v1', good)]), milton: { incomplete: true } }),
      }),
      3,
      'EVIDENCE_RUN_INCOMPLETE',
      /./,
    ],
    [
      'two candidates of one version',
      () => ({ candidates: [candidateOf('v1', good), candidateOf('v1', good)] }),
      1,
      'EVIDENCE_VERSION_DUPLICATE',
      /./,
    ],
    [
      'a bundle that is not there',
      () => ({ args: ['--bundle', 'gone.tar.gz'] }),
      1,
      'SYSTEM_FILE_MISSING',
      /./,
    ],
    ['a bundle that is none', () => ({ args: ['--bundle', 'good.gguf'] }), 3, 'BUNDLE_NOT_A_BUNDLE', /./],
    ['a bundle that is a folder', () => ({ args: ['--bundle', 'folder.gguf'] }), 1, 'SYSTEM_', /./],
  ])('%s', async (_, make, exitCode, code, hint) => {
    const { error, ...finished } = await refuse(make());
    expect({ exitCode: finished.exitCode, code: error.code }).toEqual({
      exitCode,
      code: expect.stringMatching(`^${code}`),
    });
    expect(error.hint).toMatch(hint);
  });

  it.each(['a/b', '..', '../../etc', 'a b', 'v😀', '-v', `v${'1'.repeat(100)}`])(
    'the version %j',
    async (version) => {
      const { exitCode, error } = await refuse({
        entries: [entryOf(version, good)],
        candidates: [candidateOf(version, good)],
      });
      expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code: 'CORE_VERSION_INVALID' });
    },
  );

  it('a run in which nobody passes, and shows every candidate with every threshold that it fails', async () => {
    const candidates = [
      candidateOf('v1', good, { cove: 66.67, retrieval: 40 }),
      toCandidate('v2', { cove: null }),
    ];
    const { exitCode, error } = await refuse({ candidates });
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 3, code: 'SELECT_NONE_PASSED' });
    expect(error.details['all_scores']).toHaveLength(2);
    await shop.saveRun('20260101_000000', runOf('20260101_000000', candidates));
    const { stdout, stderr } = await shop.milton('deploy', '--run', 'benchmark_20260101_000000');
    expect(stdout).toContain('cove_pass_rate 66.67 % is below the minimum 90 % by 23.33 %');
    expect(stdout).toContain('retrieval_score 40 % is below the minimum 50 % by 10 %');
    expect(stdout).toMatch(/v2\n +- .*cove_pass_rate/);
    expect(stderr).toMatch(/^error SELECT_NONE_PASSED: /m);
  });

  it('a newest run that is a dry run, and names the newest complete one', async () => {
    await shop.saveRegistry([entryOf('v1', good)]);
    await shop.saveRun('20260102_000000', runOf('20260102_000000', [candidateOf('v1', good)]));
    await shop.saveRun('20260103_000000', runOf('20260103_000000', [], { dry_run: true }));
    const { json } = await shop.document('deploy');
    expect(json).toMatchObject({ error: { hint: expect.stringContaining('benchmark_20260102_000000') } });
  });

  it('a model that loads and computes nothing worth the name, and removes its bundle', async () => {
    const poisoned = await shop.model('nan.gguf', { poison: 'nan-logits' });
    const { exitCode, error, stderr } = await refuse({
      entries: [entryOf('v1', poisoned)],
      candidates: [candidateOf('v1', poisoned)],
    });
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 3, code: 'DEPLOY_LOAD_TEST_FAILED' });
    expect(stderr).toContain('Refused; the target is unchanged');
  });

  it.skipIf(!isRoot)('a GGUF that this user may not read', async () => {
    const state = join(shop.folder, 'state-nobody');
    await mkdir(state);
    await writeFile(join(shop.folder, 'secret.gguf'), 'x', { mode: 0o600 });
    await shop.saveRegistry(withGguf('secret.gguf')().entries ?? [], state);
    await shop.saveRun(STAMP, runOf(STAMP, [toCandidate('v1')]), state);
    await chmod(shop.folder, 0o755);
    await chown(state, NOBODY, NOBODY);
    const args = ['deploy', '--state-dir', state, '--json'];
    const finished = await runMilton(args, { uid: NOBODY, cwd: '/' });
    expect(finished.exitCode).toBe(1);
    expect(JSON.parse(finished.stdout)).toMatchObject({
      error: { code: 'REGISTRY_ARTIFACT_UNREADABLE', aftermath: 'unchanged' },
    });
    expect(await shop.attempts(state)).toMatchObject([{ record: { status: 'failed', model_version: 'v1' } }]);
  });
});

describe.skipIf(process.platform === 'win32')('milton deploy refuses the target', () => {
  const target = (name: string): string => join(shop.folder, 'srv', name);

  it.each<[string, () => Promise<string>, number, string, RegExp]>([
    [
      'a folder',
      async () => {
        await mkdir(target('folder'));
        return target('folder');
      },
      3,
      'TARGET_NOT_OURS',
      /--target-path/,
    ],
    [
      'a file',
      async () => {
        await writeFile(target('file'), 'mine');
        return target('file');
      },
      3,
      'TARGET_NOT_OURS',
      /--target-path/,
    ],
    [
      'a link to somewhere else',
      async () => {
        await symlink('elsewhere', target('link'));
        return target('link');
      },
      3,
      'TARGET_NOT_OURS',
      /--target-path/,
    ],
    [
      'in a folder that is not there',
      async () => join(shop.folder, 'nowhere/llm'),
      1,
      'TARGET_PARENT_MISSING',
      /mkdir -p .*nowhere/,
    ],
    ['below a file', async () => join(good.path, 'llm'), 1, 'TARGET_PARENT_MISSING', /./],
    [
      'in a folder that anybody may write in',
      async () => {
        await mkdir(target('open'));
        await chmod(target('open'), 0o777);
        return target('open/llm');
      },
      3,
      'TARGET_UNSAFE',
      /chmod o-w .*open/,
    ],
  ])('%s', async (_, make, exitCode, code, hint) => {
    const { error, ...finished } = await refuse({ target: await make() });
    expect({ exitCode: finished.exitCode, code: error.code }).toEqual({ exitCode, code });
    expect(error.hint).toMatch(hint);
    expect(error.details).toMatchObject({ expected: expect.any(String), received: expect.any(String) });
  });

  it('the root of the file system', async () => {
    const bundle = await shop.bundle('root', good);
    const { exitCode, json } = await shop.document('deploy', '--bundle', bundle, '--target-path', '/');
    expect({ exitCode, json }).toMatchObject({ exitCode: 3, json: { error: { code: 'TARGET_NOT_OURS' } } });
    expect((await shop.attempts()).at(-1)?.record).toMatchObject({ status: 'failed', target_path: '/' });
  });

  it.skipIf(!isRoot)('in a folder that this user may not write in', async () => {
    const bundle = join(shop.folder, 'shelf', (await readdir(join(shop.folder, 'shelf')))[0] ?? '');
    const state = join(shop.folder, 'state-nobody-2');
    await mkdir(state);
    await chown(state, NOBODY, NOBODY);
    await Promise.all([
      chmod(shop.folder, 0o755),
      chmod(join(shop.folder, 'shelf'), 0o755),
      chmod(bundle, 0o644),
    ]);
    const args = ['deploy', '--bundle', bundle, '--target-path', target('theirs'), '--state-dir', state];
    const { exitCode, stderr } = await runMilton(args, { uid: NOBODY, cwd: '/' });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining('error TARGET_NOT_WRITABLE'),
    });
    expect(await shop.attempts(state)).toMatchObject([
      { record: { status: 'failed', model_version: 'live' } },
    ]);
  });
});

describe('milton deploy --skip-checksum', () => {
  /** As the Python tool writes it: any tar, five entries, nothing of ours in it; the digest of the model is another one's. */
  async function packTampered(): Promise<string> {
    const id = 'bundle_p1_20260111_202801';
    const folder = join(shop.folder, id);
    await mkdir(join(folder, 'model'), { recursive: true });
    await writeFile(join(folder, 'model/p.gguf'), await readFile(good.path));
    const digest = 'ab'.repeat(32);
    const summary = {
      run_id: 'r',
      timestamp: '2026-01-11T20:28:01+00:00',
      model_version: 'p1',
      metrics: Object.fromEntries(
        ['latency_ms', 'tokens_per_sec', 'cove_pass_rate', 'retrieval_score'].map((name) => [
          name,
          { value: 1, status: 'ok' },
        ]),
      ),
    };
    const entry = toEntry('p1');
    const files: Record<string, string> = {
      'manifest.json': JSON.stringify({
        bundle_id: id,
        created_at: '2026-01-11T20:28:01+00:00',
        model_version: 'p1',
        model_path: '/x/p.gguf',
        artifact_type: 'gguf',
        registry_entry: entry,
        benchmark_summary: summary,
        files: { 'model/p.gguf': digest },
        total_size_bytes: good.sizeBytes,
      }),
      'registry_entry.json': JSON.stringify(entry),
      'benchmark_summary.json': JSON.stringify(summary),
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const sums = execFileSync('sha256sum', Object.keys(files).toSorted(), { cwd: folder, encoding: 'utf8' });
    await writeFile(join(folder, 'SHA256SUMS'), `${sums}${digest}  model/p.gguf\n`);
    const path = join(shop.folder, 'tampered.tar.gz');
    execFileSync('tar', ['--format=ustar', '-czf', path, '-C', shop.folder, id]);
    return path;
  }

  it('is refused without it; with it goes live, is said to be unverified, and is never gone back to', async () => {
    const path = await packTampered();
    const refused = await refuse({ args: ['--bundle', path, '--skip-load-test'] });
    expect({ exitCode: refused.exitCode, code: refused.error.code }).toEqual({
      exitCode: 3,
      code: 'BUNDLE_DIGEST_MISMATCH',
    });
    const args = ['deploy', '--target-path', shop.target, '--skip-load-test', '--bundle'];
    const { exitCode, stdout, stderr } = await shop.milton(...args, path, '--skip-checksum');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/checksum verified +NO\n/);
    expect(stderr).toMatch(/warning \w+: .*model\/p\.gguf/);
    // The Python tool names a run and states no digest.
    expect(stdout).toMatch(/evidence +unbound: r does not say which bytes it measured\n/);
    const live = (await shop.document('status', '--target-path', shop.target)).json['targets'];
    expect(live).toMatchObject([{ live: { evidence: { kind: 'unbound', run_id: 'r' } } }]);
    expect((await lstat(shop.target)).isSymbolicLink()).toBe(true);
    const next = await shop.bundle('next', await shop.model('next.gguf', { seed: 5 }));
    await shop.milton(...args, next);
    const { json } = await shop.document('status', '--target-path', shop.target);
    expect(json).toMatchObject({
      targets: [{ live: { model_version: 'next' }, rollback_to: expect.stringMatching(/^deploy_live_/) }],
    });
  });
});
