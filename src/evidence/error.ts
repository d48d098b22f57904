/** The failures of `evidence`: runs that are missing, malformed or unfit, and bytes that are not the measured ones. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const EVIDENCE_FAILURES = {
  EVIDENCE_NO_RUN: {
    exitCode: 1,
    summary: 'There is no benchmark run: the runs folder holds none, or not the one that was named.',
    hint: 'Put a benchmark run into the runs folder, or name one with --benchmark-file FILE; the page docs/benchmark-run.md shows a minimal one.',
  },
  EVIDENCE_RUN_INVALID: {
    exitCode: 1,
    summary: 'A benchmark run has a missing field or one of the wrong type.',
    hint: 'Repair what is named, or run the benchmark again; the page docs/benchmark-run.md shows a minimal one.',
  },
  EVIDENCE_METRIC_INVALID: {
    exitCode: 1,
    summary: 'A metric says "ok" and holds no number, a negative one, or a percentage outside 0–100.',
    hint: 'Run the benchmark again; a metric that could not be measured has the status "skipped" or "error".',
  },
  EVIDENCE_VERSION_DUPLICATE: {
    exitCode: 1,
    summary: 'Two candidates of one run have the same version, so that a choice could mean either.',
    hint: 'Keep one of the two candidates, or give them different versions.',
  },
  EVIDENCE_NO_CANDIDATES: {
    exitCode: 3,
    summary: 'A benchmark run has no candidates to choose from.',
    hint: 'Register a model (milton models register), benchmark it, or name another run: --benchmark-file FILE',
  },
  EVIDENCE_RUN_DRY: {
    exitCode: 3,
    summary: 'A benchmark run is a dry run: nothing was measured.',
    hint: 'Run the benchmark without its dry-run flag, or name a complete run: --benchmark-file FILE',
  },
  EVIDENCE_RUN_INCOMPLETE: {
    exitCode: 3,
    summary: 'A benchmark run was cut short, so that the best candidate may be missing.',
    hint: 'Run the benchmark to its end, or name a complete run: --benchmark-file FILE',
  },
  EVIDENCE_RUN_FUTURE: {
    exitCode: 3,
    summary: 'A benchmark run is dated in the future, so that "newest" cannot be trusted.',
    hint: 'Check the clock of this machine and of the one that measured, then run the benchmark again.',
  },
  EVIDENCE_RUN_EXISTS: {
    exitCode: 1,
    summary: 'A run of that name is there already; a run is never overwritten.',
    hint: 'Run the benchmark again (a new run gets a new name), or move the old file away.',
    aftermath: 'unchanged',
  },
  EVIDENCE_SUMMARY_INVALID: {
    exitCode: 1,
    summary: 'The benchmark summary of a bundle has a missing field or one of the wrong type.',
    hint: 'Make the bundle again from its run.',
  },
  EVIDENCE_MISMATCH: {
    exitCode: 3,
    summary: 'The artifact is not the one that was measured: the digests differ.',
    hint: 'Benchmark this very file, or ship the file that was measured.',
    aftermath: 'unchanged',
  },
} as const satisfies FailureCatalogue;

export type EvidenceCode = keyof typeof EVIDENCE_FAILURES;

export class EvidenceFailure extends Failure<EvidenceCode> {
  constructor(code: EvidenceCode, message: string, options?: FailureOptions) {
    super(EVIDENCE_FAILURES, code, message, options);
  }
}
