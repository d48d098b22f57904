/** Decides whether the measured bytes are the bytes that ship (bundle page, "Evidence"). Pure. */
import { escapeText, type Warning } from '../core/index.ts';
import { EvidenceFailure } from './error.ts';
import type { BenchmarkRun, Candidate, Evidence } from './types.ts';

/**
 * Compares the digest that the run states for a candidate with the artifact's. Without run or candidate: `none`.
 * `artifactSha256` is hex; of the `model/` lines of SHA256SUMS where the artifact is a directory.
 */
export function bindEvidence(
  candidate: Candidate | null,
  run: BenchmarkRun | null,
  artifactSha256: string,
): Evidence {
  const artifact_sha256 = artifactSha256.toLowerCase();
  if (candidate === null || run === null) {
    return {
      kind: 'none',
      run_id: null,
      run_timestamp: null,
      model_version: null,
      measured_sha256: null,
      artifact_sha256,
    };
  }
  const measured_sha256 = candidate.artifact?.sha256 ?? null;
  return {
    kind:
      measured_sha256 === null ? 'unbound' : measured_sha256 === artifact_sha256 ? 'measured' : 'mismatch',
    run_id: run.metadata.run_id,
    run_timestamp: run.metadata.timestamp,
    model_version: candidate.version,
    measured_sha256,
    artifact_sha256,
  };
}

/** Throws `EVIDENCE_MISMATCH` with both digests. There is no flag that lets a mismatch pass. */
export function assertEvidence(evidence: Evidence): void {
  if (evidence.kind !== 'mismatch') return;
  const { model_version, run_id, measured_sha256, artifact_sha256 } = evidence;
  throw new EvidenceFailure(
    'EVIDENCE_MISMATCH',
    `The artifact of ${escapeText(model_version ?? 'this model')} is not the one that ${escapeText(run_id ?? 'the run')} measured.`,
    {
      details: {
        expected: `sha256:${measured_sha256 ?? ''}`,
        received: `sha256:${artifact_sha256}`,
        run_id,
        model_version,
      },
    },
  );
}

/** `EVIDENCE_UNBOUND` where the run does not say which bytes it measured. */
export function evidenceWarnings(evidence: Evidence): readonly Warning[] {
  if (evidence.kind !== 'unbound') return [];
  const run = escapeText(evidence.run_id ?? 'The run');
  const model = escapeText(evidence.model_version ?? 'this model');
  return [
    {
      code: 'EVIDENCE_UNBOUND',
      message: `${run} states no digest for ${model}: whether these bytes were measured cannot be shown.`,
    },
  ];
}
