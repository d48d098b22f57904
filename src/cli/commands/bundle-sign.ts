/** `milton bundle sign`: puts a signature into a bundle that exists. */
import type { Command } from 'commander';
import { formatBytes, quoteWord } from '../../core/index.ts';
import type { SignedExisting } from '../../pipeline/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { CliFailure } from '../error.ts';
import { parsePath } from '../option-values.ts';
import { shown } from '../text-style.ts';
import { withBundlesHint } from './bundles-hint.ts';
import { describeRelease } from './signature-text.ts';
import {
  addReleaseOptions,
  readRelease,
  readSigningKey,
  SIGNING_KEY_VARIABLE,
  type ReleaseFlags,
} from './signing-options.ts';

interface SignFlags extends ReleaseFlags {
  readonly key?: string;
  readonly replace?: boolean;
}

export function defineBundleSign(command: Command, perform: Perform): void {
  command.option(
    '--key <key>',
    `a private key: a PEM file, or a name of milton keys list (or ${SIGNING_KEY_VARIABLE})`,
    parsePath,
  );
  addReleaseOptions(command)
    .option('--replace', 'put it in the place of a signature that is there')
    .addHelpText(
      'after',
      `
Only the first 64 KiB of the file change. The weights are not read: the
signature is over the digests that the bundle states, and whoever verifies
compares them with the bytes.

Example:
  $ milton bundle sign milton_edge_bundle_v1.tar.gz --key release`,
    )
    .action(perform<SignFlags>(sign));
}

async function sign(
  context: CommandContext,
  flags: SignFlags,
  [file = '']: readonly string[],
): Promise<CommandResult> {
  const key = await readSigningKey(flags.key, context);
  if (key === null) throw noKey();
  const { signExistingBundle } = await import('../../pipeline/index.ts');
  const { clock, onProgress, signal, state } = context;
  return withBundlesHint({ file, command: 'milton bundle sign', state }, async () =>
    signed(
      await signExistingBundle(file, {
        key,
        release: readRelease(flags),
        replace: flags.replace === true,
        clock,
        onProgress,
        signal,
      }),
      context.mode.quiet,
    ),
  );
}

function signed({ bundle, warnings }: SignedExisting, isQuiet: boolean): CommandResult {
  const { path, metadata, signedBy, replaced, copiedBytes } = bundle;
  const release = metadata.edge?.release ?? null;
  return {
    json: {
      path,
      bundle_id: metadata.manifest.bundle_id,
      size_bytes: metadata.sizeBytes,
      signed_by: signedBy,
      replaced_signature: replaced !== null,
      release,
      copied_bytes: copiedBytes,
    },
    warnings,
    text: (style) =>
      isQuiet
        ? [path]
        : [
            `${style.colors.green('signed')}  ${style.colors.bold(shown(metadata.manifest.bundle_id))}`,
            ...style.facts([
              ['file', shown(path)],
              ['key', signedBy],
              ['release', release === null ? null : describeRelease(release)],
              ['before', replaced === null ? null : 'another signature, which is gone'],
              [
                'model',
                copiedBytes === 0
                  ? 'not copied: its blocks are shared'
                  : `copied, ${formatBytes(copiedBytes)}`,
              ],
              ['next', style.colors.cyan(`milton bundle verify ${quoteWord(path)} --key PUBLIC_KEY`)],
            ]),
          ],
  };
}

function noKey(): CliFailure {
  return new CliFailure('CLI_USAGE', 'Which key? A bundle is signed with a private key.', {
    hint: 'Name one with --key KEY; to make one: milton keys generate NAME',
    details: { expected: `--key or ${SIGNING_KEY_VARIABLE}`, received: 'neither' },
  });
}
