/** `milton models register | activate | rollback | remove`: what changes the registry, and never a target. */
import type { Command } from 'commander';
import { formatBytes, quoteWord } from '../../core/index.ts';
import type { RegisteredModel } from '../../pipeline/index.ts';
import type { Activation } from '../../registry/index.ts';
import type { CommandResult, Perform } from '../context.ts';
import { CliFailure } from '../error.ts';
import { collectList, parsePath } from '../option-values.ts';
import { formatCount } from '../numbers.ts';
import { parsePolicyRules } from './policy-rules.ts';
import { shown } from '../text-style.ts';
import { addCacheOption, openDigests, type CacheFlags } from './digest-cache-option.ts';
import { openModels } from './open-models.ts';
import { ALLOW_UNSAFE_HELP, STRICT_HELP } from './safety-options.ts';

interface RegisterFlags extends CacheFlags {
  readonly gguf?: string;
  readonly hf?: string;
  readonly baseModel?: string;
  readonly quantization?: string;
  readonly distilledFrom?: string;
  readonly commit?: string;
  readonly allow?: readonly string[];
  readonly strict?: boolean;
  readonly allowUnsafeFiles?: boolean;
  readonly activate?: boolean;
}

export function addModelEditCommands(models: Command, perform: Perform): void {
  const register = models
    .command('register')
    .argument('<version>', 'letters, digits and . _ + -, for example v1.20260111.1425')
    .description(
      'Add a model, or replace the one of that version. Its files are checked and hashed first, and stay where they are.',
    )
    .option('--gguf <file>', 'its GGUF; of a split model any shard, or their folder', parsePath)
    .option('--hf <dir>', 'its distilled Hugging Face directory', parsePath)
    .option('--base-model <name>', 'what it was made from (default: the name in the file)')
    .option('--quantization <type>', 'such as Q4_0 (default: what the GGUF holds)')
    .option('--distilled-from <name>', 'the adapter or teacher it was distilled from')
    .option('--commit <hash>', 'the commit it was made at')
    .option('--allow <rule>', 'let a rule of policy pass (see milton gguf check)', collectList)
    .option('--strict', STRICT_HELP)
    .option('--allow-unsafe-files', ALLOW_UNSAFE_HELP)
    .option('--activate', 'make it the active one at once')
    .addHelpText(
      'after',
      `
Examples:
  $ milton models register v1.20260111.1425 --gguf model-q4_0.gguf --activate
  $ milton models register v2 --gguf v2.gguf --base-model Llama-3.1-8B`,
    )
    .action(
      perform<RegisterFlags>(async (context, options, [version = '']) => {
        if (options.gguf === undefined && options.hf === undefined) {
          throw new CliFailure('CLI_USAGE', 'A model needs --gguf FILE, --hf DIR, or both.', {
            hint: `milton models register ${quoteWord(version)} --gguf FILE`,
            details: { expected: '--gguf or --hf', received: 'neither' },
          });
        }
        const { registerModel } = await import('../../pipeline/index.ts');
        const registered = await registerModel(await openModels(context), {
          version,
          ggufPath: options.gguf,
          hfPath: options.hf,
          baseModel: options.baseModel,
          quantization: options.quantization,
          distilledFrom: options.distilledFrom,
          commitHash: options.commit,
          allow: await parsePolicyRules(options.allow),
          strict: options.strict === true,
          allowUnsafeFiles: options.allowUnsafeFiles === true,
          activate: options.activate === true,
          digests: await openDigests(options, context),
          onProgress: context.onProgress,
          signal: context.signal,
        });
        return registeredResult(registered);
      }),
    );
  addCacheOption(register);
  models
    .command('activate')
    .argument('<version>', 'a registered version')
    .description('Make a model the choice of the pipeline; the one that was active becomes last good.')
    .addHelpText('after', '\nExample:\n  $ milton models activate v1.20260111.1425')
    .action(
      perform(async (context, _options, [version = '']) => {
        const activation = await (await openModels(context)).activate(version);
        return activationResult(activation, `${shown(version)} is active.`);
      }),
    );
  models
    .command('rollback')
    .description('Make the newest last good model active again. Touches no target: that is milton rollback.')
    .addHelpText('after', '\nExample:\n  $ milton models rollback')
    .action(
      perform(async (context) => {
        const activation = await (await openModels(context)).rollback();
        return activationResult(activation, `${shown(activation.activated.version)} is active again.`, [
          'No target was touched: what is live stays live. To put a target back: milton rollback',
        ]);
      }),
    );
  models
    .command('remove')
    .argument('<version>', 'a registered version')
    .description('Take a model out of the registry. Its files stay where they are.')
    .option('--force', 'even if it is the active one')
    .addHelpText('after', '\nExample:\n  $ milton models remove v1.20260109.0800')
    .action(
      perform<{ force?: boolean }>(async (context, options, [version = '']) => {
        const removed = await (await openModels(context)).remove(version, { force: options.force === true });
        return {
          json: { removed },
          text: [
            `${shown(version)} is no longer registered. Its files are still at ${shown(removed.model_path)}.`,
          ],
        };
      }),
    );
}

function registeredResult({
  entry,
  replaced,
  activation,
  artifacts,
  ggufSha256,
  warnings,
}: RegisteredModel): CommandResult {
  return {
    json: {
      version: entry.version,
      model: entry,
      replaced: replaced !== null,
      activated: activation !== null,
      artifacts: artifacts.map((artifact) => ({
        type: artifact.type,
        path: artifact.path,
        size_bytes: artifact.totalSizeBytes,
        files: artifact.files.length,
        sha256: artifact.type === 'gguf' ? ggufSha256 : null,
        parameter_count: artifact.facts.parameterCount,
      })),
    },
    warnings,
    text: (style) => [
      `${style.colors.green(replaced === null ? 'registered' : 'replaced')}  ${style.colors.bold(shown(entry.version))}`,
      ...style.facts([
        ['base model', shown(entry.base_model)],
        ['quantization', shown(entry.quantization)],
        ...artifacts.map((artifact): [string, string] => [
          artifact.type,
          `${shown(artifact.path)} (${formatBytes(artifact.totalSizeBytes)}, ${formatCount(artifact.facts.parameterCount)} parameters, checked)`,
        ]),
        ['sha256', ggufSha256],
        [
          'choice',
          entry.active
            ? style.colors.green('active')
            : `not active (milton models activate ${quoteWord(entry.version)})`,
        ],
        [
          'next',
          artifacts.some(({ type }) => type === 'gguf')
            ? null
            : style.colors.cyan(`milton quantize ${quoteWord(entry.version)}`),
        ],
      ]),
    ],
  };
}

function activationResult(
  activation: Activation,
  headline: string,
  notes: readonly string[] = [],
): CommandResult {
  const { activated, deactivated } = activation;
  const before = deactivated.map(({ version }) => version);
  return {
    json: { activated: activated.version, deactivated: before, touched_targets: false },
    text: [
      headline,
      ...(before.length > 0 ? [`Before it was ${before.map(shown).join(', ')}.`] : []),
      ...notes,
    ],
  };
}
