/** The options that sign: whose key, and what the bundle says of its release. */
import { InvalidArgumentError, type Command } from 'commander';
import type { AskedRelease } from '../../pipeline/index.ts';
import type { SigningKey } from '../../trust/index.ts';
import type { CommandContext } from '../context.ts';
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

/** Null where neither an option nor the environment names a key. Throws `TRUST_KEY_*`, `TRUST_PASSPHRASE_WRONG`. */
export async function readSigningKey(
  flag: string | undefined,
  context: CommandContext,
): Promise<SigningKey | null> {
  const named = flag ?? context.env[SIGNING_KEY_VARIABLE];
  if (named === undefined || named === '') return null;
  const { isEncryptedKey, loadPrivateKey, readKeyFile } = await import('../../trust/index.ts');
  const isPem = flag === undefined && named.includes('-----BEGIN ');
  const file = isPem
    ? { path: SIGNING_KEY_VARIABLE, pem: named, isReadableByOthers: false }
    : await readKeyFile(named, { directory: context.state.keysDir, half: 'private' });
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

/** Whether the moment exists is for the room `bundle` to judge. */
function parseMoment(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}T.+(?:Z|[+-]\d{2}:\d{2})$/.test(text)) return text;
  throw new InvalidArgumentError('It should be a moment with its zone, such as 2027-01-31T00:00:00Z.');
}
