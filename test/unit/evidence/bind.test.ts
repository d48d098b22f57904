import { describe, expect, it } from 'vitest';
import { assertEvidence, bindEvidence, evidenceWarnings } from '../../../src/evidence/bind.ts';
import { toCandidate, toRun } from '../../fakes/benchmark-run.ts';

const digest = 'ab'.repeat(32);
const artifact = { type: 'gguf', path: '/m.gguf', sha256: digest, size_bytes: 12 } as const;
const measured = toCandidate('v1', {}, { artifact });
const unbound = toCandidate('v2');
const run = toRun([measured, unbound]);

describe('bindEvidence', () => {
  it('says measured when the digests are equal, whatever their case', () => {
    expect(bindEvidence(measured, run, digest.toUpperCase())).toEqual({
      kind: 'measured',
      run_id: 'benchmark_20260111_202801',
      run_timestamp: '2026-01-11T20:28:01.120934+00:00',
      model_version: 'v1',
      measured_sha256: digest,
      artifact_sha256: digest,
    });
  });

  it('says mismatch when they differ, unbound when the run states none, none without a run', () => {
    const other = 'cd'.repeat(32);
    expect(bindEvidence(measured, run, other).kind).toBe('mismatch');
    expect(bindEvidence(unbound, run, other)).toMatchObject({ kind: 'unbound', measured_sha256: null });
    expect(bindEvidence(toCandidate('v3', {}, { artifact: null }), run, other).kind).toBe('unbound');
    expect(bindEvidence(null, null, other)).toEqual({
      kind: 'none',
      run_id: null,
      run_timestamp: null,
      model_version: null,
      measured_sha256: null,
      artifact_sha256: other,
    });
  });
});

describe('assertEvidence', () => {
  it('refuses a mismatch with both digests, and nothing else', () => {
    const other = 'cd'.repeat(32);
    expect(() => assertEvidence(bindEvidence(measured, run, other))).toThrow(
      expect.objectContaining({
        code: 'EVIDENCE_MISMATCH',
        exitCode: 3,
        aftermath: 'unchanged',
        details: expect.objectContaining({ expected: `sha256:${digest}`, received: `sha256:${other}` }),
      }),
    );
    for (const evidence of [
      bindEvidence(measured, run, digest),
      bindEvidence(unbound, run, digest),
      bindEvidence(null, null, digest),
    ]) {
      expect(() => assertEvidence(evidence)).not.toThrow();
    }
  });
});

describe('evidenceWarnings', () => {
  it('warns of unbound evidence only', () => {
    expect(evidenceWarnings(bindEvidence(unbound, run, digest))).toEqual([
      { code: 'EVIDENCE_UNBOUND', message: expect.stringContaining('states no digest for v2') },
    ]);
    expect(evidenceWarnings(bindEvidence(measured, run, digest))).toEqual([]);
    expect(evidenceWarnings(bindEvidence(null, null, digest))).toEqual([]);
  });
});
