/** `milton bundle verify`: whether a bundle is whole, and, where a key is named, who signed it. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatBytes, quoteWord, type JsonObject } from '../../core/index.ts';
import type { VerifiedBundle } from '../../bundle/index.ts';
import { withFileSource } from '../../system/index.ts';
import type { TrustedKey, VerifiedSignature } from '../../trust/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parsePath } from '../option-values.ts';
import { shown } from '../text-style.ts';
import { withBundlesHint } from './bundles-hint.ts';
import { describeEvidence } from './evidence-text.ts';
import { describeRelease, lookAtSignature, toSignatureJson } from './signature-text.ts';

interface VerifyFlags {
  readonly key?: readonly string[];
}

export function defineBundleVerify(command: Command, perform: Perform): void {
  command
    .option(
      '--key <key>',
      'a public key that must have signed it: a PEM file, or a name of milton keys list (repeat it for several)',
      collectPath,
    )
    .addHelpText(
      'after',
      `
Without --key a signature is shown, and not checked.

Examples:
  $ milton bundle verify milton_edge_bundle_v1_20260111_202801.tar.gz
  $ milton bundle verify milton_edge_bundle_v1_20260111_202801.tar.gz --key release.pub.pem`,
    )
    .action(perform<VerifyFlags>(verify));
}

async function verify(
  context: CommandContext,
  flags: VerifyFlags,
  [file = '']: readonly string[],
): Promise<CommandResult> {
  const { onProgress, signal, state } = context;
  const keys = await readTrustedKeys(flags.key ?? [], context);
  return withBundlesHint({ file, command: 'milton bundle verify', state }, () =>
    withFileSource(resolve(file), async (source) => {
      if (keys.length > 0) {
        const { verifySignedBundle } = await import('../../pipeline/index.ts');
        const { bundle, signature } = await verifySignedBundle(source, { keys, onProgress, signal });
        return verified(source.path, bundle, checked(signature));
      }
      const { verifyBundle } = await import('../../bundle/index.ts');
      const bundle = await verifyBundle(source, { onProgress, signal });
      return verified(source.path, bundle, await unchecked(source.path, bundle));
    }),
  );
}

/** Throws `TRUST_KEY_*`. */
async function readTrustedKeys(
  named: readonly string[],
  { state }: CommandContext,
): Promise<readonly TrustedKey[]> {
  if (named.length === 0) return [];
  const { parsePublicKey, readKeyFile } = await import('../../trust/index.ts');
  return Promise.all(
    named.map(async (one) => {
      const { path, pem } = await readKeyFile(one, { directory: state.keysDir, half: 'public' });
      return parsePublicKey(pem, { name: path });
    }),
  );
}

interface SignatureVerdict {
  readonly signed: 'none' | 'signed, not checked' | 'signed and checked';
  readonly json: JsonObject | null;
  readonly text: string;
  readonly next: string | null;
}

function checked(signature: VerifiedSignature): SignatureVerdict {
  return {
    signed: 'signed and checked',
    json: toSignatureJson(signature),
    text: `holds under the key ${signature.keyId} (${signature.curve}), over all ${signature.resources.size} files`,
    next: null,
  };
}

async function unchecked(path: string, { metadata }: VerifiedBundle): Promise<SignatureVerdict> {
  const signature = await lookAtSignature(metadata.signature);
  return {
    signed: metadata.signed,
    json: signature?.json ?? null,
    text: signature?.text ?? 'none: whoever made it is not proven',
    next: signature === null ? null : `milton bundle verify ${quoteWord(path)} --key PUBLIC_KEY`,
  };
}

function verified(path: string, bundle: VerifiedBundle, signature: SignatureVerdict): CommandResult {
  const { metadata, artifactSha256, fileCount, totalSizeBytes } = bundle;
  const { manifest, edge, format } = metadata;
  const release = edge?.release ?? null;
  return {
    json: {
      path,
      format,
      bundle_id: manifest.bundle_id,
      model_version: manifest.model_version,
      artifact_type: manifest.artifact_type,
      artifact_sha256: artifactSha256,
      files: fileCount,
      total_size_bytes: totalSizeBytes,
      evidence: edge?.evidence ?? null,
      release,
      signed: signature.signed,
      signature: signature.json,
    },
    text: (style) => [
      `${style.colors.green('verified')}  ${style.colors.bold(shown(manifest.bundle_id))}`,
      ...style.facts([
        ['file', shown(path)],
        ['model', `${shown(manifest.model_version)} (${shown(manifest.artifact_type)})`],
        ['sha256', artifactSha256],
        ['files', `${fileCount}, ${formatBytes(totalSizeBytes)}: every digest matches`],
        ['evidence', describeEvidence(metadata)],
        ['release', release === null ? null : describeRelease(release)],
        ['signature', signature.text],
        ['next', signature.next === null ? null : style.colors.cyan(signature.next)],
      ]),
    ],
  };
}

function collectPath(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parsePath(text)];
}
