import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure, formatJson, parseJson, type JsonObject, type JsonValue } from '../../src/core/index.ts';
import {
  findNewestRun,
  isRunUsable,
  loadRun,
  parseRun,
  resolveRunFile,
  saveRun,
  type BenchmarkRun,
} from '../../src/evidence/index.ts';
import { selectModel } from '../../src/select/index.ts';
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

describe('resolveRunFile, of a bare name that only the current folder has', () => {
  const before = process.cwd();
  afterEach(() => process.chdir(before));

  it.each([
    ['run.json', 'run.json', './run.json'],
    ['run', 'run.json', './run.json'],
    ['my run.json', 'my run.json', "'./my run.json'"],
  ])('refuses %s, and says how to name the file', async (name, fileName, word) => {
    await saveRun(runs, runNamed('benchmark_20260101_000000'));
    process.chdir(folder);
    await writeFile(fileName, '{}');
    await expect(resolveRunFile(name, runs)).rejects.toMatchObject({
      code: 'EVIDENCE_NO_RUN',
      hint: expect.stringMatching(new RegExp(`: --benchmark-file ${word.replaceAll('.', '\\.')}$`)),
    });
    expect(await resolveRunFile(word.replaceAll("'", ''), runs)).toBe(join(process.cwd(), fileName));
  });

  it('takes the run of that name in the runs folder', async () => {
    const path = await saveRun(runs, runNamed('benchmark_20260101_000000'));
    process.chdir(folder);
    await writeFile('benchmark_20260101_000000.json', '{}');
    expect(await resolveRunFile('benchmark_20260101_000000.json', runs)).toBe(path);
  });
});

describe('docs/benchmark-run.md', () => {
  const page = readFileSync(new URL('../../docs/benchmark-run.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```json\n([^]*?)^```$/gm)].map(([, text = '']) => parseJson(text));
  const [minimal, artifact] = blocks as [JsonObject, JsonObject];

  it('shows a run that can be chosen from', async () => {
    const run = await parseRun(minimal, 'the page');
    expect(isRunUsable({ path: 'run.json', run }, { now })).toBe(true);
    expect(selectModel(run.candidates).recommended_model).toBe('v1');
  });

  it('shows no field that could be left away', async () => {
    const paths = leavesOf(minimal);
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) {
      await expect(parseRun(without(minimal, path), path.join('.'))).rejects.toBeInstanceOf(Failure);
    }
  });

  it('shows an artifact as a candidate has it', async () => {
    const [candidate] = minimal['candidates'] as readonly JsonObject[];
    const { candidates } = await parseRun({ ...minimal, candidates: [{ ...candidate, artifact }] }, 'page');
    expect(candidates[0]?.artifact).toEqual(artifact);
  });

  it('names every field that is read, and the page is named where a run is missing', async () => {
    const names = Object.keys(toRun([]).metadata).concat(
      Object.keys(toRun([]).system_info),
      Object.keys(toCandidate('v1')),
      Object.keys(toCandidate('v1').metrics),
    );
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
    await expect(findNewestRun(runs, { now })).rejects.toMatchObject({
      hint: expect.stringContaining('docs/benchmark-run.md'),
    });
  });
});

/** The paths of all values that are no objects or lists themselves. */
function leavesOf(value: JsonValue, path: readonly string[] = []): (readonly string[])[] {
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]));
}

function without(value: JsonObject, path: readonly string[]): JsonValue {
  const copy = structuredClone(value) as Record<string, unknown>;
  let at = copy;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
  delete at[path.at(-1) ?? ''];
  return copy as JsonObject;
}

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
