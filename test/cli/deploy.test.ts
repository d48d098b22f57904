import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTree } from '../fakes/deploy-bench.ts';
import { writeHfDirectory } from '../fakes/hf-directory.ts';
import { toCandidate } from '../fakes/benchmark-run.ts';
import { runMilton } from './run-milton.ts';
import { candidateOf, entryOf, interruptMilton, runOf, useShop, type Model } from './shop.ts';
import { RECORD_KEYS } from '../fakes/closed-keys.ts';

const shop = useShop();
let v1: Model;
let v2: Model;

beforeAll(async () => {
  v1 = await shop.model('a.gguf', { seed: 1 });
  v2 = await shop.model('b.gguf', { seed: 2 });
  await writeHfDirectory(join(shop.folder, 'hf'));
  await shop.saveRegistry([
    entryOf('v1', v1),
    entryOf('v2', v2),
    entryOf('unbound', v1, { model_path: join(shop.folder, 'hf') }),
  ]);
  await shop.saveRun(
    '20260111_202801',
    runOf('20260111_202801', [candidateOf('v1', v1), candidateOf('v2', v2, { cove: 80 })]),
  );
  await shop.saveRun('20260110_000000', runOf('20260110_000000', [toCandidate('unbound')]));
});

/** Without the load test where it is not the question: it costs a second. */
const deploy = (...args: string[]) => shop.document('deploy', '--target-path', shop.target, ...args);

describe('milton deploy', () => {
  it('puts the best model of the newest run live, and reports in the order of the formats page', async () => {
    const { exitCode, stdout, stderr } = await shop.milton('deploy', '--target-path', shop.target);
    expect(exitCode).toBe(0);
    const labels = [...stdout.matchAll(/^ {2}(\S+(?: \S+)*) {2,}/gm)].map(([, label]) => label);
    expect(labels).toEqual([
      'benchmark file',
      'run',
      'selected model',
      'latency',
      'throughput',
      'CoVe pass rate',
      'retrieval score',
      'artifact',
      'sha256',
      'evidence',
      'bundle',
      'deployment',
      'target path',
      'release',
      'checksum verified',
      'load test',
      'registry',
    ]);
    expect(stdout).toMatch(/^live {2}v1\n/);
    expect(stdout).toMatch(/run +benchmark_20260111_202801, 2 candidates\n/);
    expect(stdout).toMatch(/latency +10 ms to the first token \(ok\)\n/);
    expect(stdout).toMatch(/throughput +50 tokens\/s \(ok\)\n/);
    expect(stdout).toMatch(/CoVe pass rate +95 % \(ok\)\n/);
    expect(stdout).toContain(`gguf ${v1.path} (`);
    expect(stdout).toMatch(/bundle +\S+milton_edge_bundle_v1_\d{8}_\d{6}\.tar\.gz \(.* kB\)\n/);
    expect(stdout).toMatch(
      /load test +passed: loaded in \d+ ms, 16 tokens at .* \(benchmark: 50 tokens\/s\)/,
    );
    expect(stdout).toContain('a running server keeps the old one until it is restarted');
    expect(stderr).toMatch(
      /^Selected v1 from benchmark_20260111_202801\b.*\n(.*\n)*Unpacking.*\n.*loading the model.*\nLoad test passed\n/,
    );
    expect(`${stdout}${stderr}`).not.toContain('\u001b');
    expect(await readFile(join(shop.target, 'model.gguf'))).toEqual(await readFile(v1.path));
  });

  it('prints the record and what it cannot say as one document, and how to go back as a text', async () => {
    const { exitCode, json } = await deploy(
      '--run',
      'benchmark_20260111_202801',
      '--thresholds',
      'cove=80',
      '--weights',
      'retrieval=1',
    );
    expect(exitCode).toBe(0);
    expect(Object.keys(json)).toEqual(expect.arrayContaining(['ok', ...RECORD_KEYS, 'release_path']));
    expect(json).toMatchObject({
      ok: true,
      model_version: 'v2',
      target_path: shop.target,
      status: 'success',
      checksum_verified: true,
      load_test_passed: true,
      error_message: null,
      bundle_path: expect.stringMatching(/state\/bundles\/milton_edge_bundle_v2_.*\.tar\.gz$/),
      artifact_sha256: v2.sha256,
      dry_run: false,
      evidence: { kind: 'measured', run_id: 'benchmark_20260111_202801', measured_sha256: v2.sha256 },
      load_test: { kind: 'inference', passed: true, tokens: 16, benchmark_tokens_per_second: 50 },
      previous_release_id: expect.stringMatching(/^deploy_v1_/),
      activated_version: 'v2',
      warnings: [],
    });
    expect(await readlink(shop.target)).toBe(`.llm.milton/releases/${String(json['deployment_id'])}`);
    const [first, second] = (await shop.attempts()).map(({ record }) => record);
    expect(first).toMatchObject({ model_version: 'v1' });
    expect(second).toEqual(Object.fromEntries(RECORD_KEYS.map((field) => [field, json[field]])));
    const registry = await shop.document('models', 'list');
    expect(registry.json['models']).toContainEqual(
      expect.objectContaining({ version: 'v2', active: true, live_on: [shop.target] }),
    );
  });

  it('changes nothing where the same bytes are live already', async () => {
    const before = await readlink(shop.target);
    const { stdout, exitCode } = await shop.milton(
      'deploy',
      '--target-path',
      shop.target,
      '--thresholds',
      'cove=80',
      '--weights',
      'retrieval=1',
      '--no-bundle',
    );
    expect({ exitCode, live: await readlink(shop.target) }).toEqual({ exitCode: 0, live: before });
    expect(stdout).toMatch(/^already live {2}v2: the same bytes, hashed again; nothing was changed\./);
  });

  it('writes nothing but its record in a dry run', async () => {
    const before = await readTree(shop.folder);
    const { exitCode, stdout } = await shop.milton('deploy', '--dry-run', '--target-path', shop.target);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^dry run {2}v1 would go live\n/);
    expect(stdout).toMatch(/\nThis was a dry run: nothing was deployed\.\n$/);
    expect(stdout).toMatch(/load test +passed: /);
    const after = new Map(await readTree(shop.folder));
    const added = [...after.keys()].filter((name) => !before.has(name));
    expect(added).toEqual([
      expect.stringMatching(/^state\/deployment_history\/details_dryrun_v1_\d{8}_\d{6}_\d{3}\.json$/),
      expect.stringMatching(/^state\/deployment_history\/dryrun_v1_\d{8}_\d{6}_\d{3}\.json$/),
    ]);
    for (const name of added) after.delete(name);
    expect(after).toEqual(before);
    expect((await shop.attempts()).at(-1)?.record).toMatchObject({ status: 'success', model_version: 'v1' });
  });

  it('makes no bundle with --no-bundle, says nothing on standard error with --quiet', async () => {
    const bundles = await readdir(join(shop.state, 'bundles'));
    const args = ['deploy', '--no-bundle', '--skip-load-test', '--no-activate', '--quiet', '--json'];
    const { exitCode, stdout, stderr } = await shop.milton(...args, '--target-path', shop.target);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      model_version: 'v1',
      bundle_path: null,
      bundle_size_bytes: null,
      load_test_passed: false,
      load_test: { kind: 'skipped', note: expect.stringContaining('structure') },
      activated_version: null,
    });
    expect(await readdir(join(shop.state, 'bundles'))).toEqual(bundles);
  });

  it('warns where the run does not say which bytes it measured, and goes on', async () => {
    const { exitCode, stderr, json } = await deploy('--run', 'benchmark_20260110_000000', '--skip-load-test');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('warning EVIDENCE_UNBOUND');
    expect(json).toMatchObject({
      evidence: { kind: 'unbound' },
      warnings: expect.arrayContaining([expect.objectContaining({ code: 'EVIDENCE_UNBOUND' })]),
    });
  });

  it('ships a whole directory where it is asked to, says its size first, and tests its structure', async () => {
    const run = ['--run', 'benchmark_20260110_000000'];
    const { exitCode, stderr, json } = await deploy('--artifact', 'hf-distilled', ...run);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /^warning HF_DISTILLED_SIZE: .* whole directory: \d+ bytes in 3 files, less than a second/,
    );
    expect(stderr.indexOf('HF_DISTILLED_SIZE')).toBeLessThan(stderr.indexOf('Unpacking'));
    expect(json).toMatchObject({
      artifact: { type: 'hf-distilled', path: join(shop.folder, 'hf') },
      load_test: { kind: 'structure', passed: true, tokens: null },
      warnings: expect.arrayContaining([expect.objectContaining({ code: 'HF_DISTILLED_SIZE' })]),
    });
    expect((await readdir(join(shop.target, 'model'))).toSorted()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
  });

  it.skipIf(process.platform !== 'linux')(
    'gives the release the mode and the group that it is told',
    async () => {
      const group = String(process.getgid?.() ?? 0);
      const { exitCode } = await deploy('--no-bundle', '--skip-load-test', '--mode', '640', '--group', group);
      expect(exitCode).toBe(0);
      const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o7777).toString(8);
      expect(await mode(join(shop.target, 'model/a.gguf'))).toBe('640');
      expect(await mode(join(shop.target, 'model'))).toBe('750');
      expect(await mode(shop.target)).toBe('750');
    },
  );

  it.each([
    ['--mode', '999'],
    ['--mode', '755'],
    ['--mode', '046'],
    ['--group', 'no-such-group'],
    ['--load-test-tokens', '0'],
    ['--artifact', 'onnx'],
    ['--weights', 'speed=1'],
    ['--allow', 'everything'],
  ])('exits 2 for %s %s and leaves no record', async (flag, value) => {
    const before = await readTree(shop.folder);
    expect((await deploy(flag, value)).exitCode).toBe(2);
    expect(await readTree(shop.folder)).toEqual(before);
  });
});

describe('milton deploy --bundle', () => {
  let bundle: string;
  const fresh = (...args: string[]) =>
    shop.document('deploy', '--bundle', bundle, '--state-dir', join(shop.folder, 'fresh'), ...args);

  beforeAll(async () => {
    bundle = await shop.bundle('b1', await shop.model('c.gguf', { seed: 3 }));
  });

  it('checks every digest in a dry run, and loads the model only if told to', async () => {
    const target = ['--target-path', join(shop.folder, 'srv/fresh')];
    const checked = await fresh('--dry-run', ...target);
    expect(checked.json).toMatchObject({
      dry_run: true,
      checksum_verified: true,
      load_test_passed: false,
      load_test: { kind: 'skipped', note: expect.stringContaining('--with-load-test') },
      release_path: null,
    });
    const loaded = await fresh('--dry-run', '--with-load-test', ...target);
    expect(loaded.json).toMatchObject({ load_test: { kind: 'inference', passed: true } });
    expect(await readdir(join(shop.folder, 'srv'))).not.toContain('fresh');
    expect(await readdir(join(shop.folder, 'fresh'))).toEqual(['deployment_history']);
  });

  it('needs neither registry nor benchmark, and without a path goes into the state directory', async () => {
    const { exitCode, json } = await fresh('--load-test-tokens', '3');
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({
      model_version: 'b1',
      bundle_path: bundle,
      target_path: join(shop.folder, 'fresh/deployments/current'),
      evidence: { kind: 'none' },
      load_test: { kind: 'inference', tokens: 3 },
      run: null,
      artifact: null,
      activated_version: null,
    });
    expect((await readdir(join(shop.folder, 'fresh'))).toSorted()).toEqual([
      'deployment_history',
      'deployments',
      'targets.json',
      'targets.json.lock',
    ]);
  });

  it('is not mixed with options that would choose another model', async () => {
    const finished = await fresh('--thresholds', 'cove=99', '--artifact', 'gguf');
    expect(finished).toMatchObject({
      exitCode: 2,
      json: { error: { code: 'CLI_USAGE', details: { received: '--artifact, --thresholds' } } },
    });
  });
});

describe.skipIf(process.platform === 'win32')('Ctrl-C during milton deploy', () => {
  // Something is live: its folders are there before and after.
  beforeAll(() => deploy('--skip-load-test'));

  it('exits 130 while the model is loaded, leaves the target as it was and nothing half done', async () => {
    const before = await readTree(shop.folder);
    const args = [
      'deploy',
      '--target-path',
      shop.target,
      '--thresholds',
      'cove=80',
      '--weights',
      'retrieval=1',
      '--json',
    ];
    const env = { MILTON_STATE_DIR: shop.state };
    const { exitCode, stdout, stderr } = await interruptMilton(args, { after: 'loading the model', env });
    expect(exitCode).toBe(130);
    expect(stderr).toContain('Stopping (Ctrl-C)');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'CORE_INTERRUPTED', aftermath: 'unchanged' },
    });
    const after = await readTree(shop.folder);
    const isLog = (name: string): boolean => /journal\.jsonl$|deployment_history\//.test(name);
    const without = (tree: ReadonlyMap<string, string>) => [...tree].filter(([name]) => !isLog(name));
    expect(without(after)).toEqual(without(before));
    expect((await shop.attempts()).at(-1)).toMatchObject({
      record: { status: 'failed', error_message: expect.stringMatching(/^CORE_INTERRUPTED: /) },
      details: { state: 'refused', exit_code: 130 },
    });
    const status = await shop.document('status', '--target-path', shop.target);
    expect(status.json).toMatchObject({ targets: [{ unfinished: null }] });
  });
});

describe('milton deploy with no arguments on a fresh machine', () => {
  it('says what is missing and what to do', async () => {
    const state = join(shop.folder, 'empty');
    const { exitCode, stderr } = await runMilton(['deploy'], { env: { MILTON_STATE_DIR: state } });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /(^|\n)error EVIDENCE_NO_RUN: There is no benchmark run in .*\n(.*\n)* {2}fix {8}.*--benchmark-file/,
    );
    const target = join(state, 'deployments/current');
    expect(stderr).toContain(`\n  target     unchanged; nothing was written to ${target}\n`);
    expect(await readdir(state)).toEqual(['deployment_history']);
  });
});
