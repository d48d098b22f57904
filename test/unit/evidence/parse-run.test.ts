import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, parseJson, type JsonObject, type JsonValue } from '../../../src/core/index.ts';
import { parseRun } from '../../../src/evidence/parse-run.ts';
import { toCandidate, toRun } from '../../fakes/benchmark-run.ts';

const EXAMPLE = readFileSync(new URL('../../fixtures/seed/benchmark-example.json', import.meta.url), 'utf8');

/** The example with one value replaced; `undefined` removes the key. */
function exampleWith(path: readonly (string | number)[], value: JsonValue | undefined): JsonValue {
  const root = JSON.parse(EXAMPLE) as JsonObject;
  let at = root as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  if (value === undefined) delete at[last];
  else at[last] = value;
  return root;
}

describe('parseRun', () => {
  it('reads the example as it stands', async () => {
    const run = await parseRun(parseJson(EXAMPLE), 'example');
    expect(run).toEqual(JSON.parse(EXAMPLE));
  });

  it('reads back what it was given', async () => {
    const artifact = { type: 'gguf', path: '/m.gguf', sha256: 'a'.repeat(64), size_bytes: 12 } as const;
    const run = toRun([toCandidate('v1', {}, { artifact })], {
      milton: { node_version: 'v20.20.2', incomplete: true },
    });
    expect(await parseRun(run, 'run')).toEqual(run);
  });

  it('keeps unknown keys of open objects and drops those of closed ones', async () => {
    const metric = ['candidates', 0, 'metrics', 'latency_ms'] as const;
    expect(await parseRun(exampleWith([...metric, 'p99'], 4), 'run')).toHaveProperty([...metric, 'p99'], 4);
    expect(await parseRun(exampleWith(['notes'], 'x'), 'run')).toHaveProperty('notes', 'x');
    expect(await parseRun(exampleWith(['metadata', 'odd'], 1), 'run')).not.toHaveProperty('metadata.odd');
  });

  it('takes a peak that is not there as not measured', async () => {
    const run = await parseRun(exampleWith(['candidates', 0, 'metrics', 'peak_ram_mb'], undefined), 'run');
    expect(run.candidates[0]?.metrics.peak_ram_mb.status).toBe('skipped');
  });

  it.each<[string, readonly (string | number)[], JsonValue | undefined, string, string, string]>([
    ['a missing list', ['candidates'], undefined, 'candidates', 'array', 'nothing'],
    ['a list of the wrong type', ['candidates'], { v1: 1 }, 'candidates', 'array', 'an object'],
    ['a missing run id', ['metadata', 'run_id'], undefined, 'metadata.run_id', 'string', 'nothing'],
    ['a time that is none', ['metadata', 'timestamp'], 'today', 'metadata.timestamp', 'ISO 8601', '"today"'],
    ['a dry run that is a text', ['metadata', 'dry_run'], 'false', 'metadata.dry_run', 'boolean', '"false"'],
    ['a negative count', ['system_info', 'cpu_count'], -1, 'system_info.cpu_count', 'at least 0', '-1'],
    ['half a processor', ['system_info', 'cpu_count'], 1.5, 'system_info.cpu_count', 'whole number', '1.5'],
    ['an empty version', ['candidates', 0, 'version'], '', 'candidates[0].version', 'not empty', '""'],
    [
      'an unknown type',
      ['candidates', 1, 'model_type'],
      'tiny',
      'candidates[1].model_type',
      '"base"',
      '"tiny"',
    ],
    [
      'a missing metric',
      ['candidates', 0, 'metrics', 'cove_pass_rate'],
      undefined,
      'candidates[0].metrics.cove_pass_rate',
      'object',
      'nothing',
    ],
    [
      'a value that is a text',
      ['candidates', 0, 'metrics', 'latency_ms', 'value'],
      '15.61',
      'candidates[0].metrics.latency_ms.value',
      'number',
      '"15.61"',
    ],
    [
      'a digest in capitals',
      ['candidates', 0, 'artifact'],
      { type: 'gguf', path: 'm', sha256: 'A'.repeat(64), size_bytes: 1 },
      'candidates[0].artifact.sha256',
      'lower-case hex',
      '"AAAA',
    ],
  ])('refuses %s and names the field and both sides', async (_, path, value, field, expected, received) => {
    await expect(parseRun(exampleWith(path, value), 'a run')).rejects.toThrow(
      expect.objectContaining({
        code: 'EVIDENCE_RUN_INVALID',
        exitCode: 1,
        details: {
          file: 'a run',
          field,
          expected: expect.stringContaining(expected),
          received: expect.stringContaining(received),
        },
      }),
    );
  });

  it('lists every field that is wrong', async () => {
    await expect(parseRun({ metadata: { run_id: 3 }, candidates: [] }, 'a run')).rejects.toMatchObject({
      message: expect.stringMatching(
        /expected string at metadata\.run_id, received 3\. 3 more fields are wrong\.$/,
      ),
      hint: expect.stringContaining('docs/benchmark-run.md'),
      details: {
        field: 'metadata.run_id',
        wrong_fields: [
          'metadata.run_id: expected string, received 3',
          'metadata.timestamp: expected string, received nothing',
          'metadata.dry_run: expected boolean, received nothing',
          'system_info: expected object, received nothing',
        ],
      },
    });
  });

  it('stops naming them after ten', async () => {
    const candidates = Array.from({ length: 500 }, () => ({}));
    const run = { metadata: {}, system_info: {}, candidates };
    const error: unknown = await parseRun(run, 'a run').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Failure);
    const wrong = (error as Failure).details['wrong_fields'];
    expect(wrong).toHaveLength(11);
    expect(wrong).toContain('and 2493 more');
  });

  it.each([
    ['latency_ms', null],
    ['latency_ms', -0.1],
    ['tokens_per_sec', -1],
    ['cove_pass_rate', 100.1],
    ['retrieval_score', -1],
  ])('refuses %s that is "ok" with the value %s', async (metric, value) => {
    const run = exampleWith(['candidates', 0, 'metrics', metric, 'value'], value);
    await expect(parseRun(run, 'run')).rejects.toThrow(
      expect.objectContaining({
        code: 'EVIDENCE_METRIC_INVALID',
        details: expect.objectContaining({
          field: `candidates[0].metrics.${metric}.value`,
          received: String(value),
        }),
      }),
    );
  });

  it('refuses a version that stands twice', async () => {
    await expect(parseRun(toRun([toCandidate('v1'), toCandidate('v1')]), 'run')).rejects.toThrow(
      expect.objectContaining({
        code: 'EVIDENCE_VERSION_DUPLICATE',
        message: 'run has the version v1 twice: candidates[0] and candidates[1].',
      }),
    );
  });

  it('refuses a run without candidates, unless it says itself that it is dry or incomplete', async () => {
    await expect(parseRun(toRun([]), 'run')).rejects.toThrow(
      expect.objectContaining({ code: 'EVIDENCE_NO_CANDIDATES', exitCode: 3 }),
    );
    await expect(parseRun(toRun([], { metadata: { dry_run: true } }), 'run')).resolves.toBeDefined();
    await expect(parseRun(toRun([], { milton: { incomplete: true } }), 'run')).resolves.toBeDefined();
  });

  it('reads or refuses any JSON value, and never changes a prototype', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await expect(parseRun(value as JsonValue, 'run')).rejects.toBeInstanceOf(Failure);
      }),
    );
    await parseRun(parseJson(EXAMPLE.replace('{', '{"__proto__": {"polluted": 1},')), 'run');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('reads or refuses the example with any value replaced', async () => {
    const paths: (readonly (string | number)[])[] = [
      ['metadata'],
      ['system_info'],
      ['milton'],
      ['candidates', 0],
      ['candidates', 0, 'metrics'],
      ['candidates', 0, 'artifact'],
      ['candidates', 0, 'metrics', 'latency_ms'],
      ['candidates', 0, 'metrics', 'latency_ms', 'metadata'],
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.jsonValue(), async (path, value) => {
        try {
          await parseRun(exampleWith(path, value as JsonValue), 'run');
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});
