/** The failures of `serve`: an address that cannot be had, a server that nobody guards, a key that is none. */
import { Failure, type FailureCatalogue, type FailureOptions } from '../core/index.ts';

export const SERVE_FAILURES = {
  SERVE_ADDRESS_TAKEN: {
    exitCode: 1,
    summary: 'Another program listens on the port that was to be served on.',
    hint: 'Stop the other program (ss -ltnp shows it), or choose another --port; --port 0 picks a free one.',
  },
  SERVE_ADDRESS_REFUSED: {
    exitCode: 1,
    summary:
      'The system does not let the server listen there: no address of this machine, or a reserved port.',
    hint: 'Choose an address of this machine as --host (ip address shows them), and a --port of 1024 or more.',
  },
  SERVE_REMOTE_UNGUARDED: {
    exitCode: 2,
    summary: 'The server was to be reached from other machines, and nothing was said about who may ask it.',
    hint: 'Add --api-key-file FILE; or --allow-remote where everybody on that network may ask.',
  },
  SERVE_KEY_UNUSABLE: {
    exitCode: 1,
    summary:
      'The file with the API key cannot be used: it holds no key, a short one, or is readable for everybody.',
    hint: 'Make one with: (umask 077; openssl rand -hex 32 > api-key)',
  },
} as const satisfies FailureCatalogue;

export type ServeCode = keyof typeof SERVE_FAILURES;

export class ServeFailure extends Failure<ServeCode> {
  constructor(code: ServeCode, message: string, options?: FailureOptions) {
    super(SERVE_FAILURES, code, message, options);
  }
}
