/** Asks for a passphrase on the terminal without showing it: nothing of it is printed, kept in a history or put into a log. */
import { CoreFailure } from '../core/index.ts';
import type { Output } from './context.ts';

/** Standard input, or a stand-in. */
export interface SecretInput {
  readonly isTTY?: boolean | undefined;
  setRawMode?(mode: boolean): unknown;
  setEncoding(encoding: 'utf8'): unknown;
  on(event: 'data', listener: (text: string) => void): unknown;
  on(event: 'end' | 'error', listener: () => void): unknown;
  off(event: 'data', listener: (text: string) => void): unknown;
  off(event: 'end' | 'error', listener: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface AskSecretOptions {
  readonly input: SecretInput;
  readonly output: Output;
}

/** Longer than any passphrase: whoever pastes a file is stopped. */
const MAX_SECRET_LENGTH = 1024;
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const ERASE = new Set(['\u0008', '\u007f']);

/** Null where there is no terminal to ask on. Throws `CORE_INTERRUPTED` at Ctrl-C. */
export async function askSecret(
  question: string,
  { input, output }: AskSecretOptions,
): Promise<string | null> {
  if (input.isTTY !== true || input.setRawMode === undefined || output.isTTY !== true) return null;
  input.setEncoding('utf8');
  // Before the question: whoever answers at once must not see the answer either.
  input.setRawMode(true);
  try {
    output.write(question);
    return await readLine(input);
  } finally {
    input.setRawMode(false);
    input.pause();
    output.write('\n');
  }
}

function readLine(input: SecretInput): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const end = (act: () => void): void => {
      input.off('data', onData);
      input.off('end', onEnd);
      input.off('error', onEnd);
      act();
    };
    const onEnd = (): void => end(() => reject(interrupted()));
    const onData = (text: string): void => {
      for (const character of text) {
        if (character === '\r' || character === '\n') return end(() => resolve(typed.join('')));
        if (character === CTRL_C || character === CTRL_D || typed.length >= MAX_SECRET_LENGTH)
          return end(() => reject(interrupted()));
        if (ERASE.has(character)) typed = typed.slice(0, -1);
        else typed.push(character);
      }
    };
    input.on('data', onData);
    input.on('end', onEnd);
    input.on('error', onEnd);
    input.resume();
  });
}

function interrupted(): CoreFailure {
  return new CoreFailure('CORE_INTERRUPTED', 'Interrupted before the passphrase was given.');
}
