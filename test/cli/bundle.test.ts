import { execFileSync } from 'node:child_process';
import { appendFile, chmod, copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hashBytes } from '../../src/system/index.ts';
import { toCandidate, toRun } from '../fakes/benchmark-run.ts';
import { writeHfDirectory } from '../fakes/hf-directory.ts';
import { runMilton, smallGguf, useFolder } from './run-milton.ts';

const place = useFolder();
let sha256: string;

beforeAll(async () => {
  const bytes = await smallGguf();
  sha256 = hashBytes(bytes);
  const path = join(place.folder, 'a.gguf');
  await writeFile(path, bytes);
  await writeHfDirectory(join(place.folder, 'hf'));
  const runs = join(place.folder, 'state/benchmarks/runs');
  await mkdir(runs, { recursive: true });
  const artifact = (digest: string) => ({
    type: 'gguf' as const,
    path,
    sha256: digest,
    size_bytes: bytes.length,
  });
  const run = toRun([
    toCandidate('measured', {}, { artifact: artifact(sha256) }),
    toCandidate('other', {}, { artifact: artifact('0'.repeat(64)) }),
    toCandidate('unbound'),
  ]);
  await writeFile(join(runs, 'benchmark_20260111_202801.json'), JSON.stringify(run));
});

const create = (...args: string[]) => place.document('bundle', 'create', '--model', 'a.gguf', ...args);

describe('milton bundle create', () => {
  it('packs a file without any registry, into what tar and sha256sum understand', async () => {
    const out = join(place.folder, 'plain');
    const { exitCode, json, stderr } = await create('--version', 'v1', '--out', out);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(json).toMatchObject({
      ok: true,
      model_version: 'v1',
      artifact_type: 'gguf',
      artifact_sha256: sha256,
      evidence: { kind: 'none' },
      warnings: [],
    });
    const path = String(json['path']);
    expect(path).toMatch(/plain\/milton_edge_bundle_v1_\d{8}_\d{6}\.tar\.gz$/);
    execFileSync('tar', ['xzf', path, '-C', out]);
    const folder = join(out, String(json['bundle_id']));
    expect(execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: folder }).toString()).toContain(
      'model/a.gguf: OK',
    );
  });

  it('packs a registered version, into the state directory', async () => {
    await place.milton('models', 'register', 'r1', '--gguf', 'a.gguf');
    const { exitCode, stdout, stderr } = await place.milton('bundle', 'create', 'r1');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^packed .*state\/bundles\/milton_edge_bundle_r1_/);
    expect(stdout).toMatch(/evidence +none: no run was given/);
    expect(stdout).toContain('milton deploy --bundle ');
  });

  it('prints the path and nothing else with --quiet', async () => {
    const args = ['--model', 'a.gguf', '--version', 'q1', '--out', 'quiet dir'];
    const { exitCode, stdout, stderr } = await place.milton('bundle', 'create', ...args, '--quiet');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [name = ''] = await readdir(join(place.folder, 'quiet dir'));
    expect(stdout).toBe(`${join(place.folder, 'quiet dir', name)}\n`);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'names the folder that it may not write to, and no temp file',
    async () => {
      const out = join(place.folder, 'closed');
      await mkdir(out, { mode: 0o755 });
      await chmod(place.folder, 0o755);
      await chmod(join(place.folder, 'a.gguf'), 0o644);
      const args = ['bundle', 'create', '--model', 'a.gguf', '--version', 'v1', '--out', out, '--json'];
      const { exitCode, stdout } = await runMilton(args, { cwd: place.folder, uid: 65534 });
      expect(exitCode).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        error: {
          code: 'SYSTEM_NOT_WRITABLE',
          message: expect.stringContaining(`Cannot write ${out}: `),
          details: { path: out },
        },
      });
    },
  );

  it('says that --out needs a folder', async () => {
    const { exitCode, stderr } = await place.milton(
      'bundle',
      'create',
      '--model',
      'a.gguf',
      '--version',
      'v1',
      '--out',
      'a.gguf',
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('a.gguf is a file; a bundle is written into a folder');
    expect(stderr).toMatch(/fix +Name a folder; .*: --out DIR\n/);
  });

  it('binds the evidence of a run, warns where it states no digest, and refuses bytes that were not measured', async () => {
    const run = ['--run', 'benchmark_20260111_202801'];
    expect((await create('--version', 'measured', ...run)).json).toMatchObject({
      evidence: { kind: 'measured', run_id: 'benchmark_20260111_202801', measured_sha256: sha256 },
    });
    const unbound = await create('--version', 'unbound', ...run);
    expect(unbound.json).toMatchObject({
      evidence: { kind: 'unbound' },
      warnings: [{ code: 'EVIDENCE_UNBOUND' }],
    });
    expect(unbound.stderr).toContain('warning EVIDENCE_UNBOUND');
    const out = join(place.folder, 'refused');
    const mismatch = await create('--version', 'other', '--out', out, ...run);
    expect(mismatch).toMatchObject({ exitCode: 3, json: { error: { code: 'EVIDENCE_MISMATCH' } } });
    expect(await readdir(out).catch(() => [])).toEqual([]);
    const absent = await create('--version', 'absent', ...run);
    expect(absent).toMatchObject({
      exitCode: 3,
      json: {
        error: { code: 'PIPELINE_CANDIDATE_UNKNOWN', details: { expected: 'measured, other, unbound' } },
      },
    });
  });

  it('says how big a directory is before it starts', async () => {
    const { exitCode, stderr, json } = await place.document(
      'bundle',
      'create',
      '--model',
      'hf',
      '--artifact',
      'hf-distilled',
      '--version',
      'h1',
    );
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /warning HF_DISTILLED_SIZE: .* whole directory: \d+ bytes in 3 files, less than a second/,
    );
    expect(json).toMatchObject({
      artifact_type: 'hf-distilled',
      warnings: [{ code: 'HF_DISTILLED_SIZE' }],
    });
  });

  it('gives the same bytes for the same input with SOURCE_DATE_EPOCH', async () => {
    const pack = async (out: string) => {
      const args = ['bundle', 'create', '--model', 'a.gguf', '--version', 'v1', '--out', out, '--json'];
      const { stdout } = await runMilton(args, {
        env: { SOURCE_DATE_EPOCH: '1700000000' },
        cwd: place.folder,
      });
      return readFile((JSON.parse(stdout) as { path: string }).path);
    };
    expect(hashBytes(await pack('e1'))).toBe(hashBytes(await pack('e2')));
    const args = ['bundle', 'create', '--model', 'a.gguf', '--version', 'v1', '--out', 'e3'];
    const bad = await runMilton(args, { env: { SOURCE_DATE_EPOCH: 'soon' }, cwd: place.folder });
    expect(bad).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('BUNDLE_DATE_INVALID') });
  });

  it.each([
    [['--model', 'a.gguf'], 2, 'CLI_USAGE'],
    [['v1', '--version', 'v2'], 2, 'CLI_USAGE'],
    [[], 2, 'CLI_USAGE'],
    [['--model', '', '--version', 'v1'], 2, 'CLI_USAGE'],
    [['--model', 'a.gguf', '--version', 'v1', '--out', ''], 2, 'CLI_USAGE'],
    [['--model', 'a.gguf', '--version', 'v1', '--run', ''], 2, 'CLI_USAGE'],
    [['--model', 'a.gguf', '--version', 'v1', '--state-dir', ''], 2, 'CLI_USAGE'],
    [['nobody'], 1, 'REGISTRY_VERSION_UNKNOWN'],
    [['--model', 'hf', '--version', 'v1'], 3, 'BUNDLE_ARTIFACT_MISFIT'],
    [['--model', 'a.gguf', '--version', 'a/b'], 2, 'CORE_VERSION_INVALID'],
    [['--model', 'a.gguf', '--version', 'v1', '--artifact', 'hf-distilled'], 3, 'BUNDLE_ARTIFACT_MISFIT'],
    [['--model', 'none.gguf', '--version', 'v1'], 1, 'SYSTEM_FILE_MISSING'],
  ])('refuses %j', async (args, exitCode, code) => {
    const finished = await place.milton('bundle', 'create', ...args);
    expect(finished).toMatchObject({ exitCode, stdout: '' });
    expect(finished.stderr).toContain(`error ${code}`);
  });
});

describe('milton bundle list | inspect | verify', () => {
  let folder: string;
  let good: string;
  let bad: string;

  beforeAll(async () => {
    folder = join(place.folder, 'shelf with blanks');
    good = String((await create('--version', 'v1', '--out', folder)).json['path']);
    bad = join(folder, 'milton_edge_bundle_v0_20200101_000000.tar.gz');
    const bytes = await readFile(good);
    bytes[bytes.length - 30_000] = (bytes[bytes.length - 30_000] ?? 0) ^ 1;
    await writeFile(bad, bytes);
    await writeFile(join(folder, 'milton_edge_bundle_junk_20200101_000000.tar.gz'), 'junk');
  });

  it('lists a folder, unreadable files among it', async () => {
    const { exitCode, json } = await place.document('bundle', 'list', '--dir', folder);
    expect(exitCode).toBe(0);
    expect(json['bundles']).toHaveLength(3);
    expect(json['bundles']).toContainEqual(
      expect.objectContaining({
        path: good,
        model_version: 'v1',
        artifact_sha256: sha256,
        evidence: 'none',
        error: null,
      }),
    );
    expect(json['bundles']).toContainEqual(
      expect.objectContaining({
        model_version: null,
        error: expect.objectContaining({ code: 'BUNDLE_NOT_A_BUNDLE' }),
      }),
    );
    const [header, titles, ...lines] = (await place.milton('bundle', 'list', '--dir', folder)).stdout.split(
      '\n',
    );
    expect(header).toBe(folder);
    expect(titles).toMatch(/^bundle +made +model +artifact/);
    const line = lines.find((one) => one.startsWith(basename(good)));
    expect(line).toMatch(/^\S+ +20\d\d-\d\d-\d\d \d\d:\d\d +v1 +gguf /);
    expect((await place.milton('bundle', 'list', '--dir', 'empty')).stdout).toContain(
      'There is no bundle in',
    );
  });

  it('says where a bundle of the bundles folder is, when only its name is given', async () => {
    const path = String((await create('--version', 'named')).json['path']);
    for (const verb of ['verify', 'inspect']) {
      const { exitCode, json } = await place.document('bundle', verb, basename(path));
      expect(exitCode).toBe(1);
      expect(json).toMatchObject({
        error: { code: 'SYSTEM_FILE_MISSING', hint: `milton bundle ${verb} ${path}` },
      });
    }
    const { stderr } = await place.milton('bundle', 'verify', 'nowhere.tar.gz');
    expect(stderr).toContain('Check the path for a typing error.');
  });

  it('inspects without the heavy libraries, and proves nothing', async () => {
    const { exitCode, json } = await place.document('bundle', 'inspect', good);
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({
      ok: true,
      path: good,
      format: 2,
      signed: 'none',
      manifest: { model_version: 'v1', artifact_type: 'gguf', files: { 'model/a.gguf': sha256 } },
      edge: { format_version: 2, artifact: { sha256 }, requires: { memory_is_estimate: true } },
    });
    const { stdout } = await place.milton('bundle', 'inspect', good);
    expect(stdout).toMatch(/needs +.* of disk/);
    expect(stdout).toContain(`milton bundle verify '${good}'`);
    const coverage = join(place.folder, 'coverage');
    await runMilton(['bundle', 'inspect', good], { env: { NODE_V8_COVERAGE: coverage } });
    const reports = await Promise.all(
      (await readdir(coverage)).map((name) => readFile(join(coverage, name), 'utf8')),
    );
    expect(reports.join('')).toContain('inspect-bundle.js');
    expect(reports.join('').match(/node_modules\/(zod|koffi|node-llama-cpp)\//g)).toBeNull();
  });

  it('verifies every digest, and names the one that is wrong', async () => {
    const { exitCode, json } = await place.document('bundle', 'verify', good);
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({ ok: true, artifact_sha256: sha256, files: 1, evidence: { kind: 'none' } });
    expect((await place.milton('bundle', 'verify', good)).stdout).toMatch(
      /^verified .*\n(.*\n)*.*every digest matches/,
    );
    const refused = await place.milton('bundle', 'verify', bad);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(/^error BUNDLE_/);
  });

  it('refuses a bundle that was cut short, one that goes on, and what is none', async () => {
    const short = join(place.folder, 'short.tar.gz');
    const long = join(place.folder, 'long.tar.gz');
    await writeFile(short, (await readFile(good)).subarray(0, -1));
    await copyFile(good, long);
    await appendFile(long, 'x');
    for (const [file, code] of [
      [short, 'BUNDLE_'],
      [long, 'BUNDLE_TRAILING_DATA'],
      ['a.gguf', 'BUNDLE_NOT_A_BUNDLE'],
    ] as const) {
      const finished = await place.milton('bundle', 'verify', file);
      expect(finished).toMatchObject({ exitCode: 3, stdout: '' });
      expect(finished.stderr).toContain(`error ${code}`);
    }
    expect((await place.milton('bundle', 'inspect', 'missing')).exitCode).toBe(1);
  });
});
