/** The failures of `bench`: suites that cannot be used, and models of which nothing could be measured. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const BENCH_FAILURES = {
  BENCH_SUITE_MISSING: {
    exitCode: 1,
    summary: 'There is no suite in the folder: speed.json, cove.json or retrieval.json is missing.',
    hint: 'Name a folder that holds the three files, or write an example with: milton bench suite init DIR',
  },
  BENCH_SUITE_INVALID: {
    exitCode: 1,
    summary: 'A file of a suite has a missing field, one of the wrong type, or one that contradicts another.',
    hint: 'Repair what is named; the page docs/benchmarking.md describes the fields, and the package has their JSON Schema.',
  },
  BENCH_SUITE_EXISTS: {
    exitCode: 1,
    summary: 'An example suite was to be written where a file of that name stands; nothing is overwritten.',
    hint: 'Name a folder that is empty, or one that does not exist yet.',
    aftermath: 'unchanged',
  },
  BENCH_ANSWER_UNUSABLE: {
    exitCode: 3,
    summary: 'What the engine answered cannot be measured: no token at all, or times that cannot be.',
    hint: 'Ask the model once by hand; a model that ends every answer at once may lack its chat template.',
  },
} as const satisfies FailureCatalogue;

export type BenchCode = keyof typeof BENCH_FAILURES;

export class BenchFailure extends Failure<BenchCode> {
  constructor(code: BenchCode, message: string, options?: FailureOptions) {
    super(BENCH_FAILURES, code, message, options);
  }
}
