import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatJson } from '../../src/core/index.ts';
import {
  findNewestRun,
  loadRun,
  resolveRunFile,
  saveRun,
  type BenchmarkRun,
} from '../../src/evidence/index.ts';
import { toCandidate, toRun } from '../fakes/benchmark-run.ts';

const now = new Date('2026-02-01T00:00:00Z');
let folder = '';
let runs = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-evidence-'));
  runs = join(folder, 'benchmarks', 'runs');
  await mkdir(runs, { recursive: true });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function runNamed(run_id: string, options: Parameters<typeof toRun>[1] = {}): BenchmarkRun {
  return toRun([toCandidate('v1')], { ...options, metadata: { run_id, ...options.metadata } });
}

describe('findNewestRun', () => {
  it('takes the last by name, whatever the order of writing', async () => {
    await saveRun(runs, runNamed('benchmark_20260102_000000'));
    await saveRun(runs, runNamed('benchmark_20260101_000000'));
    await writeFile(join(runs, 'notes.json'), 'not a run');
    const { path, run } = await findNewestRun(runs, { now });
    expect(path).toBe(join(runs, 'benchmark_20260102_000000.json'));
    expect(run.metadata.run_id).toBe('benchmark_20260102_000000');
  });

  it.each([
    ['dry', { metadata: { dry_run: true } }, 'EVIDENCE_RUN_DRY'],
    ['incomplete', { milton: { incomplete: true } }, 'EVIDENCE_RUN_INCOMPLETE'],
    ['dated in the future', { metadata: { timestamp: '2027-01-01T00:00:00+00:00' } }, 'EVIDENCE_RUN_FUTURE'],
  ])('refuses a newest run that is %s, and names the newest complete one', async (_, options, code) => {
    await saveRun(runs, runNamed('benchmark_20260101_000000'));
    await saveRun(runs, runNamed('benchmark_20260102_000000'));
    await writeFile(join(runs, 'benchmark_20260103_000000.json'), '{"half":');
    await saveRun(runs, runNamed('benchmark_20260104_000000', { metadata: { dry_run: true } }));
    await saveRun(runs, runNamed('benchmark_20260105_000000', options));
    await expect(findNewestRun(runs, { now })).rejects.toThrow(
      expect.objectContaining({
        code,
        details: expect.objectContaining({ newest_complete: 'benchmark_20260102_000000.json' }),
      }),
    );
  });

  it('refuses a newest run that it cannot read, rather than taking an older one', async () => {
    await saveRun(runs, runNamed('benchmark_20260101_000000'));
    const text = formatJson(runNamed('benchmark_20260102_000000')).replace('"value": 10', '"value": NaN');
    await writeFile(join(runs, 'benchmark_20260102_000000.json'), text);
    await expect(findNewestRun(runs, { now })).rejects.toThrow(
      expect.objectContaining({ code: 'CORE_JSON_NOT_FINITE' }),
    );
  });

  it('says so where there is no run, or no folder', async () => {
    for (const place of [runs, join(folder, 'nowhere')]) {
      await expect(findNewestRun(place, { now })).rejects.toThrow(
        expect.objectContaining({
          code: 'EVIDENCE_NO_RUN',
          exitCode: 1,
          message: expect.stringContaining(place),
        }),
      );
    }
  });
});

describe('resolveRunFile', () => {
  it('looks a bare name up in the runs folder, with or without .json', async () => {
    const path = await saveRun(runs, runNamed('benchmark_20260101_000000'));
    expect(await resolveRunFile('benchmark_20260101_000000', runs)).toBe(path);
    expect(await resolveRunFile('benchmark_20260101_000000.json', runs)).toBe(path);
    expect(await resolveRunFile(path, join(folder, 'elsewhere'))).toBe(path);
  });

  it('refuses what is not there and offers the newest that is', async () => {
    await saveRun(runs, runNamed('benchmark_20260101_000000'));
    await expect(resolveRunFile('benchmark_2026', runs)).rejects.toThrow(
      expect.objectContaining({
        code: 'EVIDENCE_NO_RUN',
        hint: expect.stringContaining('--benchmark-file benchmark_20260101_000000.json'),
      }),
    );
    await expect(resolveRunFile('./benchmark_20260101_000000.json', runs)).rejects.toThrow(
      expect.objectContaining({ code: 'EVIDENCE_NO_RUN' }),
    );
  });
});

describe('saveRun', () => {
  it('writes what loadRun reads, creates the folder and leaves no temp file', async () => {
    const place = join(folder, 'new', 'runs');
    const run = runNamed('benchmark_20260101_000000');
    const path = await saveRun(place, run);
    expect(await loadRun(path)).toEqual({ path, run });
    expect(await readdir(place)).toEqual(['benchmark_20260101_000000.json']);
  });

  it('never overwrites', async () => {
    const path = await saveRun(runs, runNamed('benchmark_20260101_000000'));
    const before = await readFile(path, 'utf8');
    await expect(saveRun(runs, runNamed('benchmark_20260101_000000', { milton: {} }))).rejects.toThrow(
      expect.objectContaining({ code: 'EVIDENCE_RUN_EXISTS', aftermath: 'unchanged' }),
    );
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(await readdir(runs)).toHaveLength(1);
  });

  it('refuses a run id that is no name of a run file', async () => {
    await expect(saveRun(runs, runNamed('../escape'))).rejects.toThrow(
      expect.objectContaining({ code: 'EVIDENCE_RUN_INVALID' }),
    );
    expect(await readdir(runs)).toEqual([]);
  });
});

describe('the evidence room', () => {
  it('loads the schema library only when a run is read', () => {
    const door = new URL('../../dist/evidence/index.js', import.meta.url).href;
    const hooks = `export async function resolve(name, context, next) {
      if (name === 'zod') throw new Error('zod was asked for');
      return next(name, context);
    }`;
    const script = `
      import { register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
      const { parseRun } = await import(${JSON.stringify(door)});
      console.log('entered');
      await parseRun({}, 'run').catch((error) => console.log(error.message));`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(printed).toBe('entered\nzod was asked for\n');
  });
});
