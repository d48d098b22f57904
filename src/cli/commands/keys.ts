/** `milton keys …`: the key pairs that sign bundles. A private key is written once, to a file of 0600, and never shown. */
import { Option, type Command } from 'commander';
import { resolve } from 'node:path';
import { quoteWord } from '../../core/index.ts';
import type { KeyCurve, ListedKey, TrustedKey } from '../../trust/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parsePath, parseText } from '../option-values.ts';
import { shown, type TextStyle } from '../text-style.ts';
import { chooseNewPassphrase, PASSPHRASE_VARIABLE, readPassphrase } from './passphrase.ts';

// The room `trust` states these; a value import would load it for every help text.
const CURVES = ['P-256', 'P-384', 'P-521'] as const satisfies readonly KeyCurve[];

interface GenerateFlags {
  readonly curve: KeyCurve;
  readonly encrypt?: boolean;
  readonly out?: string;
}

export function defineKeys(keys: Command, perform: Perform): void {
  keys.addHelpText('after', '\nExample:\n  $ milton keys generate release');
  keys
    .command('generate')
    .argument('<name>', 'what the key is called', parseText)
    .description('Make a key pair: NAME.pem signs and stays here, NAME.pub.pem goes to whoever verifies.')
    .addOption(new Option('--curve <curve>', 'the elliptic curve').choices([...CURVES]).default('P-256'))
    .option('--encrypt', `protect the private key with a passphrase: asked for, or ${PASSPHRASE_VARIABLE}`)
    .option('--out <dir>', 'the folder for both files (default: keys/ in the state directory)', parsePath)
    .addHelpText('after', '\nExample:\n  $ milton keys generate release --encrypt')
    .action(perform<GenerateFlags>(generate));
  keys
    .command('list')
    .description('The keys of this machine. Nothing secret is read out.')
    .addHelpText('after', '\nExample:\n  $ milton keys list')
    .action(perform(list));
  keys
    .command('show')
    .argument('<key>', 'a name of milton keys list, or a PEM file with either half', parsePath)
    .description('The id of a key, and its public half for a policy or for whoever verifies.')
    .addHelpText(
      'after',
      `
With --quiet, standard output is the public key and nothing else.

Example:
  $ milton keys show release --quiet > release.pub.pem`,
    )
    .action(perform(show));
}

async function generate(
  context: CommandContext,
  flags: GenerateFlags,
  [name = '']: readonly string[],
): Promise<CommandResult> {
  const { generateKeyPair, saveKeyPair } = await import('../../trust/index.ts');
  const passphrase = flags.encrypt === true ? await chooseNewPassphrase(context) : undefined;
  const directory = flags.out === undefined ? context.state.keysDir : resolve(flags.out);
  const key = await generateKeyPair({ curve: flags.curve });
  const { privatePath, publicPath } = await saveKeyPair(key, { name, directory, passphrase });
  const { id, curve } = key;
  const isEncrypted = passphrase !== undefined;
  const used = flags.out === undefined ? name : privatePath;
  return {
    json: { name, id, curve, private_key: privatePath, public_key: publicPath, encrypted: isEncrypted },
    text: (style) =>
      context.mode.quiet
        ? [publicPath]
        : [
            `${style.colors.green('made')}  ${style.colors.bold(shown(name))}`,
            ...style.facts([
              ['id', id],
              ['curve', curve],
              [
                'private',
                `${shown(privatePath)} (${isEncrypted ? 'encrypted' : 'not encrypted'}; keep it here)`,
              ],
              ['public', `${shown(publicPath)} (give it to whoever verifies)`],
              ['next', style.colors.cyan(`milton bundle create VERSION --sign ${quoteWord(used)}`)],
            ]),
          ],
  };
}

async function list({ state }: CommandContext): Promise<CommandResult> {
  const { listKeys } = await import('../../trust/index.ts');
  const directory = state.keysDir;
  const keys = await listKeys({ directory });
  return {
    json: {
      directory,
      keys: keys.map(({ name, key, privatePath, publicPath, isEncrypted, problem }) => ({
        name,
        id: key?.id ?? null,
        curve: key?.curve ?? null,
        private_key: privatePath,
        public_key: publicPath,
        encrypted: isEncrypted,
        problem,
      })),
    },
    text: async (style) =>
      keys.length === 0
        ? [`There is no key in ${shown(directory)}. Make one with:`, '  milton keys generate NAME']
        : [style.colors.dim(shown(directory)), ...(await keyTable(keys, style))],
  };
}

function keyTable(keys: readonly ListedKey[], style: TextStyle): Promise<readonly string[]> {
  const rows = keys.map(({ name, key, privatePath, isEncrypted, problem }) => [
    shown(name),
    key?.curve ?? '-',
    privatePath === null ? 'public half only' : isEncrypted ? 'signs, encrypted' : 'signs',
    key?.id ?? '-',
    problem === null ? '' : style.colors.red(shown(problem)),
  ]);
  return style.table(['key', 'curve', 'can', 'id', ''], rows);
}

async function show(
  context: CommandContext,
  _flags: object,
  [named = '']: readonly string[],
): Promise<CommandResult> {
  const { formatPublicKey, hintOf } = await import('../../trust/index.ts');
  const { path, key } = await readEitherHalf(named, context);
  const pem = formatPublicKey(key);
  return {
    json: { path, id: key.id, curve: key.curve, hint: hintOf(key), public_key_pem: pem },
    text: (style) =>
      context.mode.quiet
        ? pem.trimEnd().split('\n')
        : [
            ...style.facts([
              ['file', shown(path)],
              ['id', key.id],
              ['curve', key.curve],
              ['hint', `${hintOf(key)} (what signatures name it by)`],
            ]),
            '',
            ...pem.trimEnd().split('\n'),
          ],
  };
}

/** The public half is taken where it is known by name; of a private key in a file, what it implies. */
async function readEitherHalf(
  named: string,
  context: CommandContext,
): Promise<{ readonly path: string; readonly key: Pick<TrustedKey, 'id' | 'curve' | 'publicKey'> }> {
  const { isEncryptedKey, loadPrivateKey, parsePublicKey, readKeyFile, TrustFailure } =
    await import('../../trust/index.ts');
  const { path, pem } = await readKeyFile(named, { directory: context.state.keysDir, half: 'public' });
  try {
    return { path, key: parsePublicKey(pem, { name: path }) };
  } catch (error) {
    if (!(error instanceof TrustFailure) || error.code !== 'TRUST_KEY_PRIVATE') throw error;
    const passphrase = isEncryptedKey(pem, { name: path }) ? await readPassphrase(path, context) : undefined;
    return { path, key: loadPrivateKey(pem, { name: path, passphrase }) };
  }
}
