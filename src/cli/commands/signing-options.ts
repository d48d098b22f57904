/** The options that sign: whose key, and what the bundle says of its release. */
import { InvalidArgumentError, type Command } from 'commander';
import type { AskedRelease } from '../../pipeline/index.ts';
import { Failure, type JsonObject } from '../../core/index.ts';
import type { KeyFile, SigningKey } from '../../trust/index.ts';
import type { CommandContext } from '../context.ts';
import { CliFailure } from '../error.ts';
import { parseText, parseWhole } from '../option-values.ts';
import { readPassphrase } from './passphrase.ts';

export interface ReleaseFlags {
  readonly line?: string;
  readonly counter?: number;
  readonly expires?: string;
}

/** A path, the name of a key of `milton keys`, or the PEM itself. */
export const SIGNING_KEY_VARIABLE = 'MILTON_SIGNING_KEY';

export function addReleaseOptions(command: Command): Command {
  return command
    .option('--line <name>', 'the line of releases it belongs to (default: its base model)', parseText)
    .option(
      '--counter <n>',
      'its place in that line, never to be gone below (default: the second of the packing)',
      parseWhole,
    )
    .option('--expires <moment>', 'when it is to be taken no more: 2027-01-31T00:00:00Z', parseMoment);
}

export function readRelease({ line, counter, expires }: ReleaseFlags): AskedRelease {
  return { line, counter, expires };
}

/**
 * Null where neither an option nor the environment names a key. Throws `TRUST_KEY_*`, `TRUST_PASSPHRASE_WRONG`, `CLI_USAGE`; what
 * could be a secret is in none of them.
 */
export async function readSigningKey(
  flag: string | undefined,
  context: CommandContext,
): Promise<SigningKey | null> {
  const file = await readNamed(flag, context);
  if (file === null) return null;
  const { isEncryptedKey, loadPrivateKey } = await import('../../trust/index.ts');
  const { path: name, pem } = file;
  const passphrase = isEncryptedKey(pem, { name }) ? await readPassphrase(name, context) : undefined;
  const key = loadPrivateKey(pem, { name, passphrase });
  if (file.isReadableByOthers) {
    context.warn({
      code: 'KEY_READABLE_BY_OTHERS',
      message: `Others on this machine may read the private key ${name}; chmod 600 takes that right away.`,
    });
  }
  return key;
}

async function readNamed(
  flag: string | undefined,
  { env, state }: CommandContext,
): Promise<(Pick<KeyFile, 'path' | 'isReadableByOthers'> & { readonly pem: string | Uint8Array }) | null> {
  if (flag === undefined && !env[SIGNING_KEY_VARIABLE]) return null;
  const { readKeyFile } = await import('../../trust/index.ts');
  const place = { directory: state.keysDir, half: 'private' } as const;
  if (flag !== undefined) {
    if (!isPem(flag)) return readKeyFile(flag, place);
    throw refused('A private key was given as an argument, which others on this machine can read.', {
      expected: 'a name of milton keys list, or the path of a PEM file',
      received: 'the key itself',
    });
  }
  const named = env[SIGNING_KEY_VARIABLE] ?? '';
  if (isPem(named)) return { path: SIGNING_KEY_VARIABLE, pem: named, isReadableByOthers: false };
  return readKeyFile(named, place).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    // Not its text: it could be a key in a form that is not known here.
    throw refused(`${SIGNING_KEY_VARIABLE} names no key that can be read.`, {
      expected: 'a name of milton keys list, a path, or a key in PEM',
      received: `a text of ${named.length} characters (${error.code})`,
    });
  });
}

function isPem(text: string): boolean {
  return text.includes('-----BEGIN ');
}

function refused(message: string, details: JsonObject): CliFailure {
  return new CliFailure('CLI_USAGE', message, {
    hint: `Name a key, or put it into ${SIGNING_KEY_VARIABLE}.`,
    details,
  });
}

/** Whether the moment exists is for the room `bundle` to judge. */
function parseMoment(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}T.+(?:Z|[+-]\d{2}:\d{2})$/.test(text)) return text;
  throw new InvalidArgumentError('It should be a moment with its zone, such as 2027-01-31T00:00:00Z.');
}
