/** The failures of `pipeline`: parts that are each sound and do not fit together. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const PIPELINE_FAILURES = {
  PIPELINE_CANDIDATE_UNKNOWN: {
    exitCode: 3,
    summary: 'The benchmark run that was named did not measure the version that is to be packed.',
    hint: 'Name a run that measured it, or leave --benchmark-file away: the bundle then says that it has no evidence.',
    aftermath: 'unchanged',
  },
} as const satisfies FailureCatalogue;

export type PipelineCode = keyof typeof PIPELINE_FAILURES;

export class PipelineFailure extends Failure<PipelineCode> {
  constructor(code: PipelineCode, message: string, options?: FailureOptions) {
    super(PIPELINE_FAILURES, code, message, options);
  }
}
