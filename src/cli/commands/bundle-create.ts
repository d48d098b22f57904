/** `milton bundle create`: from a path, without any registry, or of a registered version. */
import { Option, type Command } from 'commander';
import { ARTIFACT_TYPES, formatBytes, type ArtifactType, quoteWord } from '../../core/index.ts';
import type { BundledModel } from '../../pipeline/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { CliFailure } from '../error.ts';
import { collectList, parsePath } from '../option-values.ts';
import { parsePolicyRules } from './policy-rules.ts';
import { addWhichRunOptions, readWhichRun, type WhichRunFlags } from './run-options.ts';
import { readSourceDateEpoch } from '../source-date.ts';
import { shown } from '../text-style.ts';
import { addCacheOption, openDigests, type CacheFlags } from './digest-cache-option.ts';
import { openModels } from './open-models.ts';
import { ALLOW_UNSAFE_HELP, STRICT_HELP } from './safety-options.ts';
import { describeRelease } from './signature-text.ts';
import {
  addReleaseOptions,
  readRelease,
  readSigningKey,
  SIGNING_KEY_VARIABLE,
  type ReleaseFlags,
} from './signing-options.ts';

interface CreateFlags extends WhichRunFlags, CacheFlags, ReleaseFlags {
  readonly sign?: string;
  readonly model?: string;
  readonly version?: string;
  readonly artifact: ArtifactType;
  readonly out?: string;
  readonly recordPath?: boolean;
  readonly allow?: readonly string[];
  readonly strict?: boolean;
  readonly allowUnsafeFiles?: boolean;
}

export function defineBundleCreate(command: Command, perform: Perform): void {
  command
    .option(
      '--model <path>',
      'a GGUF file, or a directory with --artifact hf-distilled; needs no registry',
      parsePath,
    )
    .option('--version <version>', 'the version that the bundle carries')
    .addOption(new Option('--artifact <type>', 'what to pack').choices([...ARTIFACT_TYPES]).default('gguf'))
    .option(
      '--out <dir>',
      'the folder to write it into (default: bundles/ in the state directory)',
      parsePath,
    );
  addWhichRunOptions(command, 'the run that measured it, by name or path; its digest must match')
    .option('--record-path', 'put the absolute path of the model into the manifest')
    .option('--allow <rule>', 'let a rule of policy pass (see milton gguf check)', collectList)
    .option('--strict', STRICT_HELP)
    .option('--allow-unsafe-files', ALLOW_UNSAFE_HELP)
    .option(
      '--sign <key>',
      `sign it: a private key in PEM, or a name of milton keys list (or ${SIGNING_KEY_VARIABLE})`,
      parsePath,
    );
  addReleaseOptions(command)
    .addHelpText(
      'after',
      `
With --quiet, standard output is the path of the bundle and nothing else.

Examples:
  $ milton bundle create v1.20260111.1425 --run benchmark_20260111_202801
  $ milton bundle create --model model-q4_0.gguf --version v1 --out /media/usb
  $ milton bundle create v1.20260111.1425 --sign release
  $ B=$(milton bundle create v1.20260111.1425 --quiet)`,
    )
    .action(perform<CreateFlags>(create));
  addCacheOption(command);
}

async function create(
  context: CommandContext,
  options: CreateFlags,
  [operand]: readonly string[],
): Promise<CommandResult> {
  const version = chooseVersion(options, operand);
  const sign = await readSigningKey(options.sign, context);
  const { bundleModel, findRun } = await import('../../pipeline/index.ts');
  const which = readWhichRun(options, context);
  const { clock, env, onProgress, signal, state } = context;
  const bundled = await bundleModel({
    version,
    artifactType: options.artifact,
    from:
      options.model === undefined
        ? { kind: 'registry', registry: await openModels(context) }
        : { kind: 'path', path: options.model },
    run: which.benchmarkFile === undefined ? null : await findRun(which),
    outDir: options.out ?? state.bundlesDir,
    clock,
    sourceDateEpochSeconds: readSourceDateEpoch(env),
    recordPath: options.recordPath === true,
    allow: await parsePolicyRules(options.allow),
    strict: options.strict === true,
    allowUnsafeFiles: options.allowUnsafeFiles === true,
    ...(sign !== null && { sign }),
    release: readRelease(options),
    tool: `milton-edge ${context.version}`,
    digests: await openDigests(options, context),
    onProgress,
    onWarning: context.warn,
    signal,
  });
  return created(bundled, context.mode.quiet);
}

function chooseVersion({ model, version }: CreateFlags, operand: string | undefined): string {
  if (version !== undefined && operand !== undefined && version !== operand) {
    throw new CliFailure('CLI_USAGE', 'The version is given twice, and differently.', {
      hint: 'Leave one of the two away.',
      details: { expected: 'one version', received: `${shown(operand)} and --version ${shown(version)}` },
    });
  }
  const chosen = version ?? operand;
  if (chosen !== undefined) return chosen;
  throw new CliFailure('CLI_USAGE', 'Which version? A bundle always carries one.', {
    hint:
      model === undefined
        ? 'milton bundle create VERSION, with one of: milton models list'
        : `milton bundle create --model ${quoteWord(model)} --version v1`,
    details: { expected: 'VERSION or --version', received: 'neither' },
  });
}

function created({ artifact, bundle }: BundledModel, isQuiet: boolean): CommandResult {
  const { manifest, evidence, signedBy } = bundle;
  const { release } = bundle.edge;
  return {
    json: {
      path: bundle.path,
      bundle_id: bundle.bundleId,
      model_version: manifest.model_version,
      artifact_type: artifact.type,
      artifact_sha256: bundle.artifactSha256,
      artifact_size_bytes: artifact.totalSizeBytes,
      size_bytes: bundle.sizeBytes,
      evidence,
      release,
      signed_by: signedBy,
    },
    warnings: bundle.warnings,
    text: (style) =>
      isQuiet
        ? [bundle.path]
        : [
            `${style.colors.green('packed')}  ${style.colors.bold(shown(bundle.path))}`,
            ...style.facts([
              ['bundle', `${shown(bundle.bundleId)} (${formatBytes(bundle.sizeBytes)})`],
              [
                'model',
                `${shown(manifest.model_version)} (${artifact.type}, ${formatBytes(artifact.totalSizeBytes)})`,
              ],
              ['sha256', bundle.artifactSha256],
              [
                'evidence',
                evidence.run_id === null
                  ? `${evidence.kind}: no run was given`
                  : `${evidence.kind} by ${shown(evidence.run_id)}`,
              ],
              ['release', release === null ? null : describeRelease(release)],
              ['signed', signedBy === null ? null : `by the key ${signedBy}`],
              [
                'next',
                style.colors.cyan(`milton deploy --bundle ${quoteWord(bundle.path)} --target-path DIR`),
              ],
            ]),
          ],
  };
}
