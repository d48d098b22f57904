/** `milton bundle verify`: whether a bundle is whole, and, where a key is named, who signed it. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatBytes, quoteWord, type JsonObject } from '../../core/index.ts';
import type { VerifiedBundle } from '../../bundle/index.ts';
import { withFileSource } from '../../system/index.ts';
import type { FoundPolicy, TrustedKey, VerifiedSignature } from '../../trust/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parsePath } from '../option-values.ts';
import { shown } from '../text-style.ts';
import { withBundlesHint } from './bundles-hint.ts';
import { describeEvidence } from './evidence-text.ts';
import { describeRelease, lookAtSignature, toSignatureJson } from './signature-text.ts';

interface VerifyFlags {
  readonly key?: readonly string[];
  readonly policy?: string;
}

export function defineBundleVerify(command: Command, perform: Perform): void {
  command
    .option(
      '--key <key>',
      'a public key that must have signed it: a PEM file, or a name of milton keys list (repeatable)',
      collectPath,
    )
    .option('--policy <file>', 'a policy that must take it (default: the one that binds here)', parsePath)
    .addHelpText(
      'after',
      `
With neither, the policy of this machine or state directory judges it; where
there is none, a signature is shown and not checked. What a target remembers is
judged when the bundle is deployed.

Examples:
  $ milton bundle verify milton_edge_bundle_v1_20260111_202801.tar.gz
  $ milton bundle verify milton_edge_bundle_v1.tar.gz --key release.pub.pem`,
    )
    .action(perform<VerifyFlags>(verify));
}

async function verify(
  context: CommandContext,
  flags: VerifyFlags,
  [file = '']: readonly string[],
): Promise<CommandResult> {
  const { onProgress, signal, state, clock } = context;
  const keys = await readTrustedKeys(flags.key ?? [], context);
  const found = await findJudge(flags, context);
  return withBundlesHint({ file, command: 'milton bundle verify', state }, () =>
    withFileSource(resolve(file), async (source) => {
      if (keys.length === 0 && found === null) {
        const { verifyBundle } = await import('../../bundle/index.ts');
        const bundle = await verifyBundle(source, { onProgress, signal });
        return verified(source.path, bundle, await unchecked(source.path, bundle));
      }
      const { verifySignedBundle } = await import('../../bundle/index.ts');
      const { bundle, signature, warnings } = await verifySignedBundle(source, {
        keys,
        policy: found?.policy ?? null,
        now: clock.now(),
        onProgress,
        signal,
      });
      const verdict = signature === null ? await unchecked(source.path, bundle) : checked(signature);
      return { ...verified(source.path, bundle, { ...verdict, found }), warnings };
    }),
  );
}

/** The policy that was named, else, where no key was named either, the one that binds here. Throws `TRUST_POLICY_*`. */
async function findJudge(
  { key, policy }: VerifyFlags,
  { state }: CommandContext,
): Promise<FoundPolicy | null> {
  if (policy === undefined && key !== undefined) return null;
  const { findPolicy, loadPolicy } = await import('../../trust/index.ts');
  if (policy !== undefined) return loadPolicy(resolve(policy));
  // No target is meant: the place of its policy is that of the state directory.
  return findPolicy({ targetState: state.path, stateDirectory: state.path });
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
  /** The policy that takes it; null where none was asked. */
  readonly found?: FoundPolicy | null;
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
  const { found = null } = signature;
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
      policy: found === null ? null : { path: found.path, sha256: found.sha256, takes_it: true },
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
        ['policy', found === null ? null : `${shown(found.path)} takes it`],
        ['next', signature.next === null ? null : style.colors.cyan(signature.next)],
      ]),
    ],
  };
}

function collectPath(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parsePath(text)];
}
