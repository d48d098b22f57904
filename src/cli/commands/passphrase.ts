/** The passphrase of a private key: from the environment, or asked for on the terminal. Never an argument, which others can see. */
import process from 'node:process';
import { askSecret } from '../ask-secret.ts';
import type { CommandContext } from '../context.ts';
import { CliFailure } from '../error.ts';
import { shown } from '../text-style.ts';

export const PASSPHRASE_VARIABLE = 'MILTON_KEY_PASSPHRASE';

/** Undefined where there is neither. Throws `CORE_INTERRUPTED`. */
export async function readPassphrase(path: string, { env }: CommandContext): Promise<string | undefined> {
  const given = env[PASSPHRASE_VARIABLE];
  if (given !== undefined && given !== '') return given;
  return (await ask(`Passphrase for ${shown(path)}: `)) ?? undefined;
}

/** For a new key: asked for twice. Throws `CLI_USAGE`, `CORE_INTERRUPTED`. */
export async function chooseNewPassphrase({ env }: CommandContext): Promise<string> {
  const given = env[PASSPHRASE_VARIABLE];
  if (given !== undefined && given !== '') return given;
  const first = await ask('Passphrase for the new key: ');
  if (first === null)
    throw refused(
      'There is no terminal to ask for a passphrase on.',
      `a terminal, or ${PASSPHRASE_VARIABLE}`,
      'neither',
    );
  if (first === '') throw refused('An empty passphrase protects nothing.', 'a passphrase', 'an empty one');
  if ((await ask('The same again: ')) !== first)
    throw refused('The two passphrases differ.', 'the same twice', 'two different ones');
  return first;
}

function ask(question: string): Promise<string | null> {
  return askSecret(question, { input: process.stdin, output: process.stderr });
}

function refused(message: string, expected: string, received: string): CliFailure {
  return new CliFailure('CLI_USAGE', message, {
    hint: `Run it on a terminal, or put the passphrase into ${PASSPHRASE_VARIABLE}.`,
    details: { expected, received },
  });
}
