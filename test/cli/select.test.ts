import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { toCandidate, toRun } from '../fakes/benchmark-run.ts';
import { useFolder } from './run-milton.ts';

const place = useFolder();
const EXAMPLE = fileURLToPath(new URL('../fixtures/seed/benchmark-example.json', import.meta.url));

beforeAll(async () => {
  const runs = join(place.folder, 'state/benchmarks/runs');
  await mkdir(runs, { recursive: true });
  await copyFile(EXAMPLE, join(runs, 'benchmark_20260111_202801.json'));
  const write = (name: string, run: unknown) => writeFile(join(place.folder, name), JSON.stringify(run));
  await write('dry.json', toRun([toCandidate('v1')], { metadata: { dry_run: true } }));
  await write('hostile.json', toRun([toCandidate('v1\u001b[2J')]));
  await writeFile(join(place.folder, 'nan.json'), '{"metadata": NaN}');
});

describe('milton select', () => {
  it('chooses from the newest run and shows every candidate with its scores', async () => {
    const { exitCode, stdout, stderr } = await place.milton('select');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/run +benchmark_20260111_202801, 3 candidates/);
    expect(stdout).toMatch(/\* +v1\.20260111\.1425 +0\.9133 +15\.61 ms \+0\.250 .* pass\n/);
    expect(stdout).toMatch(/v1\.20260110\.0900 +0\.3300 .* fails 1\n/);
    expect(stdout).toContain('cove_pass_rate 66.67 % is below the minimum 90 % by 23.33 %');
    expect(stdout).toMatch(/v1\.20260109\.0800 +0\.0000 +- +- +- +- +fails 2\n/);
    expect(stdout).toMatch(/selected +v1\.20260111\.1425/);
  });

  it('prints the result of the formats page as a document', async () => {
    const { json } = await place.document('select');
    expect(json).toMatchObject({
      ok: true,
      recommended_model: 'v1.20260111.1425',
      all_scores: [
        { model_version: 'v1.20260111.1425', total_score: 0.9133, passed_thresholds: true },
        {},
        {},
      ],
      selection_metadata: { weights: { latency_ms: 0.25 }, thresholds: { min_cove_pass_rate: 90 } },
      run: { run_id: 'benchmark_20260111_202801', candidates: 3 },
      warnings: [],
    });
    expect(json['reason']).toEqual(expect.any(String));
  });

  it('weighs and demands what it is told to', async () => {
    const { json } = await place.document(
      'select',
      '--weights',
      'latency_ms=1',
      '--thresholds',
      'cove=60,max-latency=20',
    );
    expect(json).toMatchObject({
      selection_metadata: { weights: { latency_ms: 1, throughput: 0 }, thresholds: { max_latency_ms: 20 } },
    });
    const bad = await place.milton('select', '--weights', 'speed=1');
    expect(bad).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('SELECT_WEIGHTS_INVALID') });
    const worse = await place.milton('select', '--thresholds', 'cove=101');
    expect(worse).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('SELECT_THRESHOLDS_INVALID'),
    });
  });

  describe('when nobody passes', () => {
    it('exits 3, shows the table all the same, and keeps the whole result in the details', async () => {
      const { exitCode, stdout, stderr } = await place.milton('select', '--thresholds', 'retrieval=90');
      expect(exitCode).toBe(3);
      expect(stdout).toContain('retrieval_score 65.33 % is below the minimum 90 % by 24.67 %');
      expect(stderr).toMatch(/^error SELECT_NONE_PASSED/);
      const { json } = await place.document('select', '--thresholds', 'retrieval=90');
      expect(json).toMatchObject({
        ok: false,
        error: { code: 'SELECT_NONE_PASSED', details: { recommended_model: null, all_scores: [{}, {}, {}] } },
      });
    });
  });

  it.each([
    [['--run', 'nope'], 1, 'EVIDENCE_NO_RUN'],
    [['--run', ''], 2, 'CLI_USAGE'],
    [['--benchmarks-dir', ''], 2, 'CLI_USAGE'],
    [['--benchmarks-dir', 'nowhere'], 1, 'EVIDENCE_NO_RUN'],
    [['--benchmark-file', './dry.json'], 3, 'EVIDENCE_RUN_DRY'],
    [['--benchmark-file', './nan.json'], 1, 'CORE_JSON_NOT_FINITE'],
  ])('refuses %j', async (args, exitCode, code) => {
    const finished = await place.milton('select', ...args);
    expect(finished).toMatchObject({ exitCode, stdout: '' });
    expect(finished.stderr).toContain(`error ${code}`);
  });

  it('says how to name a run of the current folder, and every field of it that is wrong', async () => {
    await writeFile(join(place.folder, 'odd.json'), '{"metadata": {}}');
    const bare = await place.milton('select', '--run', 'odd.json');
    expect(bare).toMatchObject({ exitCode: 1, stdout: '' });
    expect(bare.stderr).toContain(': --benchmark-file ./odd.json\n');
    const odd = await place.milton('select', '--benchmark-file', './odd.json');
    expect(odd.exitCode).toBe(1);
    expect(odd.stderr).toContain('EVIDENCE_RUN_INVALID');
    expect(odd.stderr).toMatch(/\n {2}wrong +metadata\.run_id: .*\n +metadata\.timestamp: /);
    expect(odd.stderr).toContain('docs/benchmark-run.md');
  });

  it('makes the name of a hostile candidate harmless', async () => {
    const { stdout } = await place.milton('select', '--run', './hostile.json');
    expect(stdout).toContain('v1\\x1b[2J');
    expect(stdout).not.toContain('\u001b');
  });
});
