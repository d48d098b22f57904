/** The failures of `core`: text and JSON that cannot be read, sources that end early, an interrupt. */
import { Failure, type FailureCatalogue, type FailureOptions } from './failure.ts';

export const CORE_FAILURES = {
  CORE_INTERRUPTED: {
    exitCode: 130,
    summary: 'The job was interrupted (Ctrl-C, SIGTERM) before it changed anything that lasts.',
    hint: 'Run the same command again.',
    aftermath: 'unchanged',
  },
  CORE_JSON_INVALID: {
    exitCode: 1,
    summary: 'A JSON text breaks the grammar of RFC 8259.',
    hint: 'Repair the file at the line and column named, or restore it from a copy.',
  },
  CORE_JSON_NOT_FINITE: {
    exitCode: 1,
    summary:
      'A JSON text holds NaN or Infinity (which Python writes but JSON does not know), or a number too large.',
    hint: 'Write null, or a real number, in its place; in Python: json.dumps(..., allow_nan=False).',
  },
  CORE_JSON_DUPLICATE_KEY: {
    exitCode: 1,
    summary: 'A JSON object has the same key twice, so that two readers may see two different files.',
    hint: 'Keep one of the two and remove the other.',
  },
  CORE_JSON_LIMIT: {
    exitCode: 1,
    summary: 'A JSON text is larger or nested deeper than any file of its kind.',
    hint: 'Check that this is the file you meant.',
  },
  CORE_TEXT_NOT_UTF8: {
    exitCode: 1,
    summary: 'A text file is not UTF-8.',
    hint: 'Check that this is the file you meant; save it as UTF-8.',
  },
  CORE_SOURCE_SHORT: {
    exitCode: 1,
    summary: 'A file or stream ended before the bytes that were asked for.',
    hint: 'Copy the file again and check its size.',
  },
  CORE_VERSION_INVALID: {
    exitCode: 2,
    summary: 'A model version breaks the rule ^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$.',
    hint: 'Use letters, digits and . _ + - only, for example v1.20260111.1425.',
  },
} as const satisfies FailureCatalogue;

export type CoreCode = keyof typeof CORE_FAILURES;

export class CoreFailure extends Failure<CoreCode> {
  constructor(code: CoreCode, message: string, options?: FailureOptions) {
    super(CORE_FAILURES, code, message, options);
  }
}

/** Throws `CORE_INTERRUPTED` once the signal has fired; call it between units of work. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  if (signal.reason instanceof Failure) throw signal.reason;
  throw new CoreFailure('CORE_INTERRUPTED', 'Interrupted before the work was done.');
}
