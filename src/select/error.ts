/** The failures of `select`: a policy that cannot be read, and a run in which nobody passes. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const SELECT_FAILURES = {
  SELECT_WEIGHTS_INVALID: {
    exitCode: 2,
    summary: 'The weights hold an unknown name, a name twice, or something that is no number of at least 0.',
    hint: 'Write, for example: --weights latency=0.4,throughput=0.6 (names not given count 0).',
  },
  SELECT_THRESHOLDS_INVALID: {
    exitCode: 2,
    summary: 'The thresholds hold an unknown name, a name twice, or a number outside its range.',
    hint: 'Write, for example: --thresholds cove=90,retrieval=50,max-latency=100,min-throughput=20',
  },
  SELECT_MIN_GAIN_INVALID: {
    exitCode: 2,
    summary: 'The gain that a winner must have over the live model is no number from 0 to 1.',
    hint: 'Write, for example: --min-gain 0.01',
  },
  SELECT_NONE_PASSED: {
    exitCode: 3,
    summary: 'No candidate of the run passes every threshold. `details` holds the whole result.',
    hint: 'Benchmark better candidates, or lower a threshold knowingly, for example: --thresholds cove=80',
    aftermath: 'unchanged',
  },
} as const satisfies FailureCatalogue;

export type SelectCode = keyof typeof SELECT_FAILURES;

export class SelectFailure extends Failure<SelectCode> {
  constructor(code: SelectCode, message: string, options?: FailureOptions) {
    super(SELECT_FAILURES, code, message, options);
  }
}
