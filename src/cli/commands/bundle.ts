/** `milton bundle …`: one file that holds one model, and everything that is known about it. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatBytes, quoteWord } from '../../core/index.ts';
import { withFileSource } from '../../system/index.ts';
import type { BundleMetadata, ListedBundle } from '../../bundle/index.ts';
import type { CommandResult, Perform } from '../context.ts';
import { addLazyCommands, type CommandEntry } from '../lazy-command.ts';
import { formatCount } from '../numbers.ts';
import { parsePath } from '../option-values.ts';
import { shown, type TextStyle } from '../text-style.ts';
import { withBundlesHint } from './bundles-hint.ts';
import { describeEvidence } from './evidence-text.ts';
import { modelFacts } from './model-facts.ts';
import { describeRelease, lookAtSignature, type UncheckedSignature } from './signature-text.ts';

export function defineBundle(bundle: Command, perform: Perform): void {
  bundle.addHelpText('after', '\nExample:\n  $ milton bundle create --model model.gguf --version v1');
  addLazyCommands(bundle, [CREATE, SIGN, VERIFY], perform);
  bundle
    .command('list')
    .description('The bundles in a folder, newest first; reads only the start of each.')
    .option('--dir <dir>', 'the folder (default: bundles/ in the state directory)', parsePath)
    .addHelpText('after', '\nExample:\n  $ milton bundle list --dir /media/usb')
    .action(
      perform<{ dir?: string }>(async (context, options) => {
        const { listBundles } = await import('../../bundle/index.ts');
        const dir = options.dir === undefined ? context.state.bundlesDir : resolve(options.dir);
        return listed(dir, await listBundles(dir));
      }),
    );
  bundle
    .command('inspect')
    .argument('<file>', 'a bundle', parsePath)
    .description('What a bundle says about itself. Reads its start only, and proves nothing: see verify.')
    .addHelpText(
      'after',
      '\nExample:\n  $ milton bundle inspect milton_edge_bundle_v1_20260111_202801.tar.gz',
    )
    .action(
      perform(async (context, _options, [file = '']) => {
        const { inspectBundle } = await import('../../bundle/index.ts');
        const { onProgress, signal } = context;
        return withBundlesHint({ file, command: 'milton bundle inspect', state: context.state }, () =>
          withFileSource(resolve(file), async (source) => {
            const metadata = await inspectBundle(source, { onProgress, signal });
            return inspected(source.path, metadata, await lookAtSignature(metadata.signature));
          }),
        );
      }),
    );
}

/** What packs is not needed for looking. */
const CREATE: CommandEntry = {
  name: 'create',
  argument: ['[version]', 'a registered version'],
  description: 'Pack one model into one file: a registered version, or any file with --model and --version.',
  load: async () => (await import('./bundle-create.ts')).defineBundleCreate,
};

const SIGN: CommandEntry = {
  name: 'sign',
  argument: ['<file>', 'a bundle'],
  description: 'Sign a bundle that exists. Only its first 64 KiB change.',
  load: async () => (await import('./bundle-sign.ts')).defineBundleSign,
};

const VERIFY: CommandEntry = {
  name: 'verify',
  argument: ['<file>', 'a bundle'],
  description:
    'Read a bundle to its last byte, compare every digest, and check who signed it. Writes nothing.',
  load: async () => (await import('./bundle-verify.ts')).defineBundleVerify,
};

function listed(dir: string, bundles: readonly ListedBundle[]): CommandResult {
  return {
    json: {
      dir,
      bundles: bundles.map(({ path, name, sizeBytes, modifiedAt, metadata, failure }) => ({
        path,
        name,
        size_bytes: sizeBytes,
        modified_at: modifiedAt.toISOString(),
        format: metadata?.format ?? null,
        bundle_id: metadata?.manifest.bundle_id ?? null,
        model_version: metadata?.manifest.model_version ?? null,
        artifact_type: metadata?.manifest.artifact_type ?? null,
        artifact_sha256: metadata?.edge?.artifact.sha256 ?? null,
        evidence: metadata?.edge?.evidence.kind ?? null,
        signed: metadata?.signed ?? null,
        created_at: metadata?.manifest.created_at ?? null,
        error: failure === null ? null : { code: failure.code, message: failure.message },
      })),
    },
    text: async (style) =>
      bundles.length === 0
        ? [`There is no bundle in ${shown(dir)}. Make one with:`, '  milton bundle create VERSION']
        : [style.colors.dim(shown(dir)), ...(await listTable(bundles, style))],
  };
}

async function listTable(bundles: readonly ListedBundle[], style: TextStyle): Promise<readonly string[]> {
  const { colors } = style;
  const rows = bundles.map(({ name, sizeBytes, modifiedAt, metadata, failure }) => [
    shown(name),
    shown(metadata?.manifest.created_at ?? modifiedAt.toISOString())
      .slice(0, 16)
      .replace('T', ' '),
    shown(metadata?.manifest.model_version),
    failure === null ? shown(metadata?.manifest.artifact_type) : colors.red(shown(failure.code)),
    metadata === null ? '-' : shown(metadata.edge?.evidence.kind ?? 'unbound'),
    formatBytes(sizeBytes),
  ]);
  return style.table(['bundle', 'made', 'model', 'artifact', 'evidence', 'size'], rows);
}

function inspected(
  path: string,
  metadata: BundleMetadata,
  signature: UncheckedSignature | null,
): CommandResult {
  const { manifest, edge, format, sizeBytes, signed, sums } = metadata;
  const release = edge?.release ?? null;
  return {
    json: {
      path,
      format,
      size_bytes: sizeBytes,
      signed,
      signature: signature?.json ?? null,
      manifest,
      edge,
      registry_entry: metadata.registryEntry,
      benchmark_summary: metadata.benchmarkSummary,
      sums: Object.fromEntries(sums),
    },
    text: (style) => [
      style.colors.bold(shown(manifest.bundle_id)),
      ...style.facts([
        ...bundleFacts(metadata, path),
        ['format', describeFormat(format)],
        ['release', release === null ? null : describeRelease(release)],
        ['signature', signature?.text ?? signed],
      ]),
      '',
      `Nothing was verified yet: milton bundle verify ${quoteWord(path)}`,
    ],
  };
}

function bundleFacts(metadata: BundleMetadata, path: string): readonly (readonly [string, string | null])[] {
  const { manifest, edge, sizeBytes } = metadata;
  const artifact = edge?.artifact;
  const parts = [
    manifest.artifact_type,
    artifact?.architecture ?? null,
    artifact?.quantization ?? null,
    artifact?.parameter_count === undefined || artifact.parameter_count === null
      ? null
      : `${formatCount(artifact.parameter_count)} parameters`,
  ];
  const memory = edge?.requires.memory_bytes ?? null;
  return [
    ['file', `${shown(path)} (${formatBytes(sizeBytes)})`],
    ['made', shown(manifest.created_at)],
    ['model', shown(manifest.model_version)],
    [
      'artifact',
      parts
        .filter((part) => part !== null)
        .map(shown)
        .join(', '),
    ],
    ['sha256', artifact === undefined ? null : shown(artifact.sha256)],
    ['files', `${Object.keys(manifest.files).length}, ${formatBytes(manifest.total_size_bytes)}`],
    ['evidence', describeEvidence(metadata)],
    ...modelFacts(artifact?.chat_templates ?? null, edge?.unsafe_files ?? []),
    ['needs', edge === null ? null : `${formatBytes(edge.requires.disk_bytes)} of disk`],
    [
      '',
      memory === null
        ? null
        : `about ${formatBytes(memory)} of memory at ${edge?.requires.memory_context_tokens ?? 0} tokens of context`,
    ],
  ];
}

function describeFormat(format: 1 | 2): string {
  return format === 1 ? '1 (of the Python tool)' : '2';
}
