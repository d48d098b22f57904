/** The failures of `cli`: a command that cannot be understood, a fault of our own, an output that cannot be written. */
import { Failure, messageOf, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const CLI_FAILURES = {
  CLI_USAGE: {
    exitCode: 2,
    summary: 'The command line cannot be understood: an unknown command or option, or one that is missing.',
    hint: 'milton --help lists the commands.',
  },
  CLI_OUTPUT_LOST: {
    exitCode: 1,
    summary:
      'The result could not be written to standard output (a full disk, for example). The work itself was done.',
    hint: 'Free some space, or send the output elsewhere.',
  },
  CLI_INTERNAL: {
    exitCode: 70,
    summary: 'Something happened that the program did not foresee: a fault in Milton Edge itself.',
    hint: 'Run it again with --verbose and report what it prints, together with the command.',
  },
} as const satisfies FailureCatalogue;

export type CliCode = keyof typeof CLI_FAILURES;

export class CliFailure extends Failure<CliCode> {
  constructor(code: CliCode, message: string, options?: FailureOptions) {
    super(CLI_FAILURES, code, message, options);
  }
}

/** Whatever was thrown, as something that can be printed. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new CliFailure('CLI_INTERNAL', `Something unforeseen happened: ${messageOf(error)}`, {
    cause: error,
  });
}
