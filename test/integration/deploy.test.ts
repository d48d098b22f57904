/** The main job on real files, with a real load test by llama.cpp: deploy, upgrade, repair, go back, refuse. */
import { execFileSync } from 'node:child_process';
import {
  appendFile,
  copyFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBundle, openArtifact, type CreatedBundle } from '../../src/bundle/index.ts';
import { defaultLayout, listRecords, readStatus, resolveTarget } from '../../src/deploy/index.ts';
import { loadLlamaCppEngine } from '../../src/engine/index.ts';
import { ggufBytes, sampleModel, shardName, type GgufModel } from '../../src/gguf/index.ts';
import { fixedClock, hashBytes, stateDirectory } from '../../src/system/index.ts';
import { openDeployBench, readTree, type DeployBench } from '../fakes/deploy-bench.ts';
import { soundEngine } from '../fakes/engine.ts';
import { writeHfDirectory } from '../fakes/hf-directory.ts';
import { toEntry } from '../fakes/registry-entry.ts';
import { RECORD_KEYS } from '../fakes/closed-keys.ts';

let bench: DeployBench;
let bundles: Record<'v1' | 'v2' | 'v3', CreatedBundle>;

beforeAll(async () => {
  bench = await openDeployBench({ engine: await loadLlamaCppEngine() });
  bundles = { v1: await bench.bundle('v1'), v2: await bench.bundle('v2'), v3: await bench.bundle('v3') };
});

afterAll(() => bench.remove());

const srv = (): string => join(bench.folder, 'srv');
const live = (): Promise<string> => readlink(bench.target);

/** Takes away everything that was deployed, not the bundles. */
async function clear(): Promise<void> {
  await rm(srv(), { recursive: true, force: true });
  await mkdir(srv());
  await rm(bench.state.historyDir, { recursive: true, force: true });
  await rm(bench.state.targetsFile, { force: true });
}

describe('deployRelease with a real engine', () => {
  beforeEach(clear);

  it('goes live, is upgraded, repeats nothing, goes back as far as there is something, and says when there is not', async () => {
    const first = await bench.deploy(bundles.v1.path);
    expect(first).toMatchObject({
      state: 'live',
      alreadyLive: false,
      previousReleaseId: null,
      artifactSha256: bundles.v1.artifactSha256,
      loadTest: { kind: 'inference', passed: true, engine: 'llama-cpp', tokens: 4 },
      record: { status: 'success', checksum_verified: true, load_test_passed: true, error_message: null },
    });
    const v1 = first.record.deployment_id;
    expect(await live()).toBe(`.llm.milton/releases/${v1}`);
    expect((await readdir(bench.target)).toSorted()).toEqual([
      'DEPLOYED_AT',
      'SHA256SUMS',
      'benchmark_summary.json',
      'edge.json',
      'manifest.json',
      'model',
      'model.env',
      'model.gguf',
      'registry_entry.json',
    ]);
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: bench.target });
    expect(await readFile(join(bench.target, 'model.gguf'))).toEqual(
      await readFile(join(bench.folder, 'v1.gguf')),
    );
    expect(await readFile(join(bench.target, 'model.env'), 'utf8')).toBe(
      [
        `MILTON_MODEL="${join(srv(), '.llm.milton/releases', v1, 'model/v1.gguf')}"`,
        `MILTON_SHA256="${bundles.v1.artifactSha256}"`,
        'MILTON_VERSION="v1"',
        '',
      ].join('\n'),
    );

    const second = await bench.deploy(bundles.v2.path);
    const v2 = second.record.deployment_id;
    expect(second).toMatchObject({ state: 'live', previousReleaseId: v1 });
    expect(await live()).toBe(`.llm.milton/releases/${v2}`);

    const journalBefore = await bench.journal();
    const again = await bench.deploy(bundles.v2.path);
    expect(again).toMatchObject({
      state: 'live',
      alreadyLive: true,
      previousReleaseId: v2,
      record: { status: 'success', checksum_verified: true },
      loadTest: { kind: 'skipped', note: expect.stringContaining('live already') },
    });
    expect(await bench.journal()).toEqual(journalBefore);

    const back = await bench.rollBack();
    expect(back).toMatchObject({
      state: 'live',
      previousReleaseId: v2,
      loadTest: { kind: 'inference', passed: true },
      record: { status: 'success', model_version: 'v1', checksum_verified: true, load_test_passed: true },
    });
    expect(await live()).toBe(`.llm.milton/releases/${v1}`);
    await expect(bench.rollBack()).rejects.toMatchObject({
      code: 'DEPLOY_NOTHING_TO_GO_BACK_TO',
      exitCode: 3,
      aftermath: 'unchanged',
    });
    expect(await live()).toBe(`.llm.milton/releases/${v1}`);

    // A release that was left is not offered, but a person may name it; `now` skips the test and is recorded.
    const forth = await bench.rollBack({ to: v2, now: 'v1 is too slow' });
    expect(forth.loadTest).toMatchObject({ kind: 'skipped', passed: false });
    expect(await live()).toBe(`.llm.milton/releases/${v2}`);
    expect((await bench.journal()).at(-1)).toMatchObject({
      kind: 'rollback',
      why: 'v1 is too slow',
      state: 'live',
    });

    const records = await bench.records();
    expect(records).toHaveLength(6);
    for (const record of records) expect(Object.keys(record)).toEqual(RECORD_KEYS);
    const { records: listed, unreadable } = await listRecords(bench.state.historyDir);
    expect([listed.length, unreadable]).toEqual([6, []]);
    expect(listed[0]?.record.deployment_id).toBe(forth.record.deployment_id);
  });

  describe('when the model is not fit to go live', () => {
    it.each<[string, () => Promise<string>, string]>([
      [
        'computes NaN',
        async () => (await bench.bundle('nan', { poison: 'nan-logits' })).path,
        'DEPLOY_LOAD_TEST_FAILED',
      ],
      [
        'finds all tokens equal',
        async () => (await bench.bundle('flat', { poison: 'flat-logits' })).path,
        'DEPLOY_LOAD_TEST_FAILED',
      ],
      [
        'comes in a truncated bundle',
        () => spoil('short', async (path) => truncate(path, 100_000)),
        'BUNDLE_TRUNCATED',
      ],
      ['comes in a bundle with one changed byte', () => spoil('changed', flipLateByte), 'BUNDLE_'],
      [
        'comes in no bundle at all',
        () => spoil('text', (path) => writeFile(path, 'not a bundle')),
        'BUNDLE_NOT_A_BUNDLE',
      ],
      ['comes in an empty file', () => spoil('empty', (path) => truncate(path, 0)), 'BUNDLE_'],
      ['is a folder', async () => bench.folder, 'SYSTEM_FILE_NOT_REGULAR'],
      ['is missing', async () => join(bench.folder, 'nowhere.tar.gz'), 'SYSTEM_FILE_MISSING'],
      ['is the GGUF itself', async () => join(bench.folder, 'v1.gguf'), 'BUNDLE_NOT_A_BUNDLE'],
    ])('because it %s: refuses, with a record, and touches nothing', async (_, prepare, code) => {
      const path = await prepare();
      await bench.deploy(bundles.v1.path, { skipLoadTest: true });
      const before = await readTree(srv());
      const error: unknown = await bench.deploy(path).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: expect.stringMatching(new RegExp(`^${code}`)),
        aftermath: 'unchanged',
      });
      const after = await readTree(srv());
      const journal = '.llm.milton/journal.jsonl';
      const rest = (tree: ReadonlyMap<string, string>) => [...tree].filter(([name]) => name !== journal);
      expect(rest(after)).toEqual(rest(before));
      const failed = (await bench.records()).filter((record) => record['status'] === 'failed');
      expect(failed).toHaveLength(1);
      expect(Object.keys(failed[0] ?? {})).toEqual(RECORD_KEYS);
      expect(failed[0]).toMatchObject({ load_test_passed: false, target_path: bench.target });
      expect(failed[0]?.['error_message']).toMatch(new RegExp(`^${code}`));
    });
  });
});

async function spoil(name: string, how: (path: string) => Promise<void>): Promise<string> {
  const path = join(bench.folder, `${name}.tar.gz`);
  await copyFile(bundles.v2.path, path);
  await how(path);
  return path;
}

async function flipLateByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length * 0.8);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe('deployRelease', () => {
  const fast = { engine: soundEngine() };
  beforeEach(clear);

  it('gives a release that another user can read, whatever the umask', async () => {
    const before = process.umask(0o077);
    try {
      await bench.deploy(bundles.v1.path, {}, fast);
    } finally {
      process.umask(before);
    }
    const modes = async (name: string): Promise<string> =>
      ((await stat(`${bench.target}/${name}`)).mode & 0o7777).toString(8);
    expect(await modes('.')).toBe('755');
    expect(await modes('model')).toBe('755');
    for (const name of ['model/v1.gguf', 'manifest.json', 'SHA256SUMS', 'DEPLOYED_AT', 'model.env'])
      expect([name, await modes(name)]).toEqual([name, '644']);
    expect([await modes('..'), await modes('../..')]).toEqual(['755', '755']);
  });

  it('sets the mode and the group that were asked for', async () => {
    const groupId = process.getgid?.() ?? null;
    await bench.deploy(bundles.v1.path, { permissions: { fileMode: 0o640, groupId } }, fast);
    expect((await stat(join(bench.target, 'model.gguf'))).mode & 0o777).toBe(0o640);
    expect((await stat(join(bench.target, 'model'))).mode & 0o777).toBe(0o750);
    expect((await stat(join(bench.target, 'model.gguf'))).gid).toBe(groupId);
  });

  it('goes to the target in the state directory where none is named, by either name', async () => {
    const layout = defaultLayout(bench.state);
    const { record } = await bench.deploy(bundles.v1.path, {}, { ...fast, layout });
    expect(await readlink(layout.targetPath)).toBe(record.deployment_id);
    expect(await resolveTarget(layout.targetPath, bench.state)).toEqual(layout);
    expect(
      await resolveTarget(join(bench.folder, 'srv', '..', 'state', 'deployments', 'current'), bench.state),
    ).toEqual(layout);
    expect((await readStatus(layout)).live?.id).toBe(record.deployment_id);
    await rm(bench.state.deploymentsDir, { recursive: true });
  });

  it('deploys the artifact itself, without a bundle, under its own name', async () => {
    const input = await bench.input(join(bench.folder, 'v1.gguf'), 'v1');
    const { record, bundlePath } = await bench.deploy({ kind: 'artifact', input }, {}, fast);
    expect(bundlePath).toBeNull();
    expect(record.bundle_id).toBe(record.deployment_id);
    execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: bench.target });
  });

  it.each(['v/../../x', 'v 1', 'v🦙', '..'])(
    'records under a harmless name that the version %j is none',
    async (version) => {
      const input = { ...(await bench.input(join(bench.folder, 'v1.gguf'), 'v1')), version };
      await expect(bench.deploy({ kind: 'artifact', input }, {}, fast)).rejects.toMatchObject({
        code: 'CORE_VERSION_INVALID',
      });
      expect(await bench.records()).toMatchObject([
        { deployment_id: expect.stringMatching(/^deploy_unknown_/), model_version: version },
      ]);
      expect(await readdir(srv())).toEqual([]);
    },
  );

  it('never gives two attempts one name, though the clock stands still', async () => {
    const clock = fixedClock(new Date('1970-01-01T00:00:03.007Z'));
    const still = { ...fast, clock };
    const first = await bench.deploy(bundles.v1.path, {}, still);
    const tree = await readTree(join(srv(), '.llm.milton/releases', first.record.deployment_id));
    const second = await bench.deploy(bundles.v1.path, { retryBad: true }, still);
    expect(second.alreadyLive).toBe(true);
    await rm(bench.state.historyDir, { recursive: true });
    await writeFile(join(bench.target, 'DEPLOYED_AT'), 'x');
    await writeFile(join(bench.target, 'model/extra.gguf'), 'x');
    const retention = { keep: 'all', keepBundles: 'all' } as const;
    const third = await bench.deploy(bundles.v1.path, { retention }, still);
    expect(third).toMatchObject({ state: 'live', alreadyLive: false });
    expect(third.record.deployment_id).not.toBe(first.record.deployment_id);
    const kept = await readTree(join(srv(), '.llm.milton/releases', first.record.deployment_id));
    expect([...tree.keys()].filter((name) => !kept.has(name))).toEqual([]);
    expect(await readdir(bench.state.historyDir)).toHaveLength(2);
  });

  describe('when the same bytes are live but damaged on disk', () => {
    it.each<[string, (target: string) => Promise<void>, RegExp]>([
      [
        'a byte of the model changed',
        (target) => flipLateByte(join(target, 'model/v1.gguf')),
        /model\/v1\.gguf \(changed\)/,
      ],
      ['the model was removed', (target) => rm(join(target, 'model/v1.gguf')), /model\/v1\.gguf \(missing\)/],
      [
        'SHA256SUMS is garbage',
        (target) => writeFile(join(target, 'SHA256SUMS'), 'garbage'),
        /SHA256SUMS \(changed\)/,
      ],
      ['SHA256SUMS is missing', (target) => rm(join(target, 'SHA256SUMS')), /SHA256SUMS \(missing\)/],
      ['model and SHA256SUMS were exchanged together', exchange, /SHA256SUMS \(changed\)/],
      ['there is a file too many', (target) => writeFile(join(target, 'model/x'), ''), /model\/x \(extra\)/],
      ['the stable name leads elsewhere', redirect, /model\.gguf \(changed\)/],
      [
        'the release is gone',
        (target) => readlink(target).then((text) => rm(join(target, '..', text), { recursive: true })),
        /SHA256SUMS \(missing\)/,
      ],
    ])('because %s: repairs it with a new release and says so', async (_, damage, says) => {
      const first = await bench.deploy(bundles.v1.path, {}, fast);
      await damage(bench.target);
      const second = await bench.deploy(bundles.v1.path, {}, fast);
      expect(second).toMatchObject({ state: 'live', alreadyLive: false });
      expect(second.warnings).toMatchObject([
        { code: 'DEPLOY_LIVE_DAMAGED', message: expect.stringMatching(says) },
      ]);
      execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: bench.target });
      expect(second.record.deployment_id).not.toBe(first.record.deployment_id);
      // The damaged one is not offered for going back.
      await expect(bench.rollBack({}, fast)).rejects.toMatchObject({ code: 'DEPLOY_NOTHING_TO_GO_BACK_TO' });
    });
  });

  it('refuses a digest that differs, or lets it pass on demand and never offers it again', async () => {
    await bench.deploy(bundles.v1.path, {}, fast);
    const path = await tamperSummary();
    await expect(bench.deploy(path, {}, fast)).rejects.toMatchObject({ code: 'BUNDLE_DIGEST_MISMATCH' });
    const passed = await bench.deploy(path, { skipChecksum: true }, fast);
    expect(passed).toMatchObject({ state: 'live', record: { checksum_verified: false, status: 'success' } });
    expect(passed.warnings).toMatchObject([{ code: 'BUNDLE_DIGEST_MISMATCH' }]);
    await bench.deploy(bundles.v3.path, {}, fast);
    const back = await bench.rollBack({}, fast);
    expect(back.record.model_version).toBe('v1');
  });

  it('refuses where no engine could test the model, before anything is written', async () => {
    await expect(
      bench.deploy(bundles.v1.path, {}, { engine: soundEngine({ available: false }) }),
    ).rejects.toMatchObject({ code: 'DEPLOY_NO_ENGINE', aftermath: 'unchanged' });
    expect(await readdir(srv())).toEqual([]);
  });
});

describe('other artifacts', () => {
  beforeEach(clear);

  it('a split model is loaded by its first shard, goes live whole, and comes back', async () => {
    const path = await saveShards('split', 3);
    const input = await bench.input(path, 'split');
    const { path: bundle } = await createBundle({ ...input, outDir: bench.state.bundlesDir });
    const dry = await bench.deploy(bundle, { dryRun: true }, { engine: soundEngine() });
    expect(dry.record.checksum_verified).toBe(true);
    const outcome = await bench.deploy(bundle);
    expect(outcome.loadTest).toMatchObject({ kind: 'inference', passed: true });
    expect(await readdir(join(bench.target, 'model'))).toHaveLength(3);
    expect(await readdir(bench.target)).not.toContain('model.gguf');
    const env = await readFile(join(bench.target, 'model.env'), 'utf8');
    expect(env).toContain('/model/split-00001-of-00003.gguf"');
    await bench.deploy(bundles.v1.path, {}, { engine: soundEngine() });
    const fast = { engine: soundEngine() };
    expect(await bench.rollBack({}, fast)).toMatchObject({ state: 'live', loadTest: { kind: 'inference' } });
    expect(await bench.deploy(bundle, {}, fast)).toMatchObject({ alreadyLive: true });
  });

  it('a directory is checked, not run, which needs no engine and is said', async () => {
    const path = join(bench.folder, 'hf');
    await writeHfDirectory(path);
    const artifact = await openArtifact(path, { type: 'hf-distilled' });
    const input = { ...(await bench.input(join(bench.folder, 'v1.gguf'), 'hf')), artifact };
    const { path: bundle } = await createBundle({ ...input, outDir: bench.state.bundlesDir });
    const none = { engine: soundEngine({ available: false }) };
    const outcome = await bench.deploy(bundle, {}, none);
    expect(outcome).toMatchObject({
      state: 'live',
      loadTest: { kind: 'structure', passed: true, note: expect.stringContaining('not run') },
    });
    expect(await bench.deploy(bundle, {}, none)).toMatchObject({ alreadyLive: true });
    const env = await readFile(join(bench.target, 'model.env'), 'utf8');
    expect(env).toMatch(/^MILTON_MODEL=".*\/model"$/m);
  });

  it('a model that breaks a rule that somebody waived can be deployed, and gone back to', async () => {
    const path = await bench.model('waived.gguf');
    await appendFile(path, Buffer.alloc(32));
    const artifact = await openArtifact(path, { type: 'gguf', allow: ['trailing-bytes'] });
    const input = { ...(await bench.input(join(bench.folder, 'v1.gguf'), 'waived')), artifact };
    const { path: bundle } = await createBundle({ ...input, outDir: bench.state.bundlesDir });
    const fast = { engine: soundEngine() };
    expect(await bench.deploy(bundle, { dryRun: true }, fast)).toMatchObject({ state: 'dry-run' });
    await bench.deploy(bundle, {}, fast);
    await bench.deploy(bundles.v1.path, {}, fast);
    expect(await bench.rollBack({}, fast)).toMatchObject({
      state: 'live',
      record: { model_version: 'waived' },
    });
  });

  it('bytes that are no GGUF are refused though every digest is right, in a dry run too', async () => {
    const path = await packByHand('garbage', 'model/garbage.gguf', 'these are no weights');
    const fast = { engine: soundEngine() };
    await expect(bench.deploy(path, { dryRun: true }, fast)).rejects.toMatchObject({
      code: expect.stringMatching(/^GGUF_/),
    });
    await expect(bench.deploy(path, {}, fast)).rejects.toMatchObject({
      code: expect.stringMatching(/^GGUF_/),
      aftermath: 'unchanged',
    });
    expect(await readdir(join(srv(), '.llm.milton/releases'))).toEqual([]);
    expect(await bench.records()).toMatchObject([
      { checksum_verified: true, load_test_passed: false, status: 'failed' },
      { checksum_verified: false, status: 'failed' },
    ]);
  });
});

/** Shards as llama-gguf-split leaves them: the metadata in the first, split keys in each. Gives the first. */
async function saveShards(name: string, count: number): Promise<string> {
  const model = sampleModel({ blockCount: 1, embeddingLength: 64, feedForwardLength: 64 });
  const size = Math.ceil(model.tensors.length / count);
  const paths = Array.from({ length: count }, (_, index) =>
    join(bench.folder, shardName(name, index + 1, count)),
  );
  for (const [index, path] of paths.entries()) {
    const metadata: GgufModel['metadata'] = [
      ...(index === 0 ? model.metadata : []),
      ['split.no', { kind: 'uint16', value: index }],
      ['split.count', { kind: 'uint16', value: count }],
      ['split.tensors.count', { kind: 'int32', value: model.tensors.length }],
    ];
    const tensors = model.tensors.slice(index * size, (index + 1) * size);
    await writeFile(path, await ggufBytes({ metadata, tensors }));
  }
  return paths[0] ?? '';
}

/** A sound bundle of the older format around any bytes. */
async function packByHand(version: string, file: string, content: string): Promise<string> {
  const top = `bundle_${version}_20260111_202801`;
  const folder = join(bench.folder, 'by-hand', top);
  await mkdir(join(folder, 'model'), { recursive: true });
  const texts: Record<string, string> = {
    'benchmark_summary.json': JSON.stringify({
      run_id: null,
      timestamp: null,
      model_version: version,
      metrics: {},
    }),
    'registry_entry.json': JSON.stringify(toEntry(version)),
  };
  texts['manifest.json'] = JSON.stringify({
    bundle_id: top,
    created_at: '2026-01-11T20:28:01+00:00',
    model_version: version,
    model_path: file,
    artifact_type: 'gguf',
    registry_entry: toEntry(version),
    benchmark_summary: JSON.parse(texts['benchmark_summary.json'] ?? '') as object,
    files: { [file]: hashBytes(content) },
    total_size_bytes: content.length,
  });
  texts[file] = content;
  const lines = Object.entries(texts).map(([path, text]) => `${hashBytes(text)}  ${path}\n`);
  texts['SHA256SUMS'] = lines.join('');
  for (const [path, text] of Object.entries(texts)) await writeFile(join(folder, path), text);
  const path = join(bench.folder, `${version}.tar.gz`);
  execFileSync('tar', ['czf', path, '--format=ustar', '-C', join(folder, '..'), top]);
  return path;
}

async function redirect(target: string): Promise<void> {
  await rm(join(target, 'model.gguf'));
  execFileSync('ln', ['-s', '/etc/hostname', join(target, 'model.gguf')]);
}

async function exchange(target: string): Promise<void> {
  await copyFile(join(bench.folder, 'v2.gguf'), join(target, 'model/v1.gguf'));
  const sums = (await readFile(join(target, 'SHA256SUMS'), 'utf8')).replace(
    bundles.v1.artifactSha256,
    bundles.v2.artifactSha256,
  );
  await writeFile(join(target, 'SHA256SUMS'), sums);
}

/** A bundle of the older format, made by tar, whose summary is not the one in SHA256SUMS. */
async function tamperSummary(): Promise<string> {
  const folder = join(bench.folder, 'tampered');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  execFileSync('tar', ['xzf', bundles.v2.path, '-C', folder]);
  const [top = ''] = await readdir(folder);
  await rm(join(folder, top, 'edge.json'));
  const sums = await readFile(join(folder, top, 'SHA256SUMS'), 'utf8');
  await writeFile(join(folder, top, 'SHA256SUMS'), sums.replace(/.*edge\.json\n/, ''));
  const summary = join(folder, top, 'benchmark_summary.json');
  await writeFile(summary, (await readFile(summary, 'utf8')).replace('"skipped"', '"error"'));
  const path = join(bench.folder, 'tampered.tar.gz');
  execFileSync('tar', ['czf', path, '--format=ustar', '--owner=0', '--group=0', '-C', folder, top]);
  return path;
}

describe('a dry run', () => {
  const fast = { engine: soundEngine() };
  beforeEach(clear);

  it.each<[string, object, string, boolean]>([
    ['of a bundle', {}, 'skipped', true],
    ['of a bundle with its load test', { withLoadTest: true }, 'inference', true],
  ])('%s writes nothing but its record', async (_, options, kind, verified) => {
    await bench.deploy(bundles.v1.path, {}, fast);
    const before = await readTree(bench.folder);
    const outcome = await bench.deploy(bundles.v2.path, { dryRun: true, ...options }, fast);
    expect(outcome).toMatchObject({
      state: 'dry-run',
      dryRun: true,
      loadTest: { kind },
      record: { deployment_id: expect.stringMatching(/^dryrun_v2_/), checksum_verified: verified },
    });
    const { deployment_id } = outcome.record;
    expect(await newNames(before)).toEqual([
      `state/deployment_history/details_${deployment_id}.json`,
      `state/deployment_history/${deployment_id}.json`,
    ]);
  });

  it('of an artifact tests it where it lies, on a machine where nothing was ever deployed', async () => {
    const input = await bench.input(join(bench.folder, 'v1.gguf'), 'v1');
    const before = await readTree(bench.folder);
    const loaded: string[] = [];
    const engine = soundEngine({ onLoad: async ({ path }) => void loaded.push(path) });
    const layout = defaultLayout(stateDirectory(join(bench.folder, 'fresh')));
    const outcome = await bench.deploy({ kind: 'artifact', input }, { dryRun: true }, { engine, layout });
    expect(outcome.loadTest.kind).toBe('inference');
    expect(loaded).toEqual([join(bench.folder, 'v1.gguf')]);
    expect((await newNames(before)).filter((name) => !name.includes('dryrun_'))).toEqual([
      'state/deployment_history',
    ]);
  });

  it('of an artifact whose digests were just made takes them and does not make them again', async () => {
    const input = await bench.input(join(bench.folder, 'v1.gguf'), 'v1');
    const digest = 'ab'.repeat(32);
    const sums = new Map(input.artifact.files.map(({ path }) => [path, digest]));
    const outcome = await bench.deploy({ kind: 'artifact', input, sums }, { dryRun: true }, fast);
    expect(outcome.artifactSha256).toBe(digest);
  });

  it('of a bundle that is not sound is refused, with a record that counts as no deployment', async () => {
    const path = await spoil('late', flipLateByte);
    await expect(bench.deploy(path, { dryRun: true }, fast)).rejects.toMatchObject({
      aftermath: 'unchanged',
    });
    expect(await bench.records()).toMatchObject([
      { deployment_id: expect.stringMatching(/^dryrun_/), status: 'failed' },
    ]);
    expect(await readdir(srv())).toEqual([]);
  });

  it('refuses what the deployment itself would refuse', async () => {
    await mkdir(bench.target);
    await expect(bench.deploy(bundles.v1.path, { dryRun: true }, fast)).rejects.toMatchObject({
      code: 'TARGET_NOT_OURS',
    });
  });

  async function newNames(before: ReadonlyMap<string, string>): Promise<string[]> {
    const after = await readTree(bench.folder);
    expect([...before].filter(([name, content]) => after.get(name) !== content)).toEqual([]);
    return [...after.keys()].filter((name) => !before.has(name)).toSorted();
  }
});
