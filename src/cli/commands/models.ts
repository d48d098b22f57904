/** `milton models …`: which models there are, which of them is the pipeline's choice, and whether their files are the same. */
import type { Command } from 'commander';
import type { JsonValue } from '../../core/index.ts';
import { addModelEditCommands } from './models-edit.ts';
import type { GgufOnDisk } from '../../pipeline/index.ts';
import type { Comparison, MetricDelta, RegistryEntry, RegistryStats } from '../../registry/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { formatDelta, formatNumber } from '../numbers.ts';
import { shown, type TextStyle } from '../text-style.ts';
import { addCacheOption, openDigests, type CacheFlags } from './digest-cache-option.ts';
import { onDiskJson, onDiskSentence, onDiskWord } from './models-on-disk.ts';
import { openModels } from './open-models.ts';

export function defineModels(models: Command, perform: Perform): void {
  models.addHelpText('after', '\nExample:\n  $ milton models list');
  const list = models
    .command('list')
    .description('Every registered model, newest first.')
    .option('--base-model <name>', 'only those of this base model')
    .option('--quantization <type>', 'only those of this quantization, such as Q4_0')
    .option('--check', 'hash each GGUF, to tell whether it is the one that was registered')
    .addHelpText('after', LIST_EXAMPLES)
    .action(perform(listModels));
  addCacheOption(list);
  const show = models
    .command('show')
    .argument('<version>', 'a registered version')
    .description(
      'Everything that is known about one model, and whether its GGUF is still the registered one.',
    )
    .addHelpText('after', '\nExample:\n  $ milton models show v1.20260111.1425')
    .action(perform(showModel));
  addCacheOption(show);
  addModelEditCommands(models, perform);
  models
    .command('compare')
    .argument('<a>', 'a registered version')
    .argument('<b>', 'another one')
    .description('The numbers of two models side by side, and B minus A.')
    .addHelpText('after', '\nExample:\n  $ milton models compare v1.20260110.0900 v1.20260111.1425')
    .action(
      perform(async (context, _options, [a = '', b = '']) =>
        compared(await (await openModels(context)).compare(a, b)),
      ),
    );
  models
    .command('stats')
    .description('How many models there are, by quantization and by base model.')
    .addHelpText('after', '\nExample:\n  $ milton models stats')
    .action(perform(async (context) => counted(await (await openModels(context)).stats())));
}

const LIST_EXAMPLES = `
The column GGUF tells what is known without reading any model; --check reads those that it must.

Examples:
  $ milton models list --quantization q4_0
  $ milton models list --check`;

interface ListFlags extends CacheFlags {
  readonly baseModel?: string;
  readonly quantization?: string;
  readonly check?: boolean;
}

async function listModels(context: CommandContext, options: ListFlags): Promise<CommandResult> {
  const registry = await openModels(context);
  const entries = await registry.list(options);
  const found = await lookAtAll(entries, context, options);
  const { findLiveVersions } = await import('../../pipeline/index.ts');
  const { live, warnings } = await findLiveVersions(context.state);
  const targetsOf: TargetsOf = (entry) =>
    live
      .filter(({ version, registeredAt }) => version === entry.version && registeredAt === entry.timestamp)
      .map(({ targetPath }) => targetPath);
  const isFiltered = options.baseModel !== undefined || options.quantization !== undefined;
  return {
    json: {
      registry: registry.path,
      models: found.map(({ entry, onDisk }) => ({
        ...entry,
        live_on: targetsOf(entry),
        gguf_on_disk: onDiskJson(onDisk),
      })),
    },
    warnings,
    text: async (style) => {
      if (entries.length > 0) return modelTable(found, targetsOf, style);
      return isFiltered
        ? ['No registered model fits this filter.']
        : ['No model is registered yet. Register one with:', '  milton models register VERSION --gguf FILE'];
    },
  };
}

interface FoundModel {
  readonly entry: RegistryEntry;
  readonly onDisk: GgufOnDisk;
}

/** One after the other: two at a time would only share the disk. */
async function lookAtAll(
  entries: readonly RegistryEntry[],
  context: CommandContext,
  flags: ListFlags,
): Promise<readonly FoundModel[]> {
  const { lookAtGguf } = await import('../../pipeline/index.ts');
  const { onProgress, signal } = context;
  const digests = await openDigests(flags, context);
  const found: FoundModel[] = [];
  for (const entry of entries) {
    const hash = flags.check === true;
    found.push({ entry, onDisk: await lookAtGguf(entry, { digests, hash, onProgress, signal }) });
  }
  return found;
}

function modelTable(
  found: readonly FoundModel[],
  targetsOf: TargetsOf,
  style: TextStyle,
): readonly string[] | Promise<readonly string[]> {
  const rows = found.map(({ entry, onDisk }) => [
    shown(entry.version),
    markOf(entry, style),
    describeTargets(targetsOf(entry)),
    shown(entry.quantization),
    shown(entry.base_model),
    onDiskWord(onDisk, style),
    shown(entry.timestamp).slice(0, 16).replace('T', ' '),
  ]);
  return style.table(
    ['version', 'choice', 'live on', 'quantization', 'base model', 'GGUF', 'registered'],
    rows,
  );
}

/** Where exactly this registration is live; a later one of the same version is another model. */
type TargetsOf = (entry: RegistryEntry) => string[];

function describeTargets(paths: readonly string[]): string {
  return paths.length > 1 ? `${paths.length} targets` : paths.map((path) => shown(path)).join('');
}

function markOf(entry: RegistryEntry, { colors }: TextStyle): string {
  if (entry.active) return colors.green('active');
  return entry.last_good ? 'last good' : '';
}

async function showModel(
  context: CommandContext,
  flags: CacheFlags,
  [version = '']: readonly string[],
): Promise<CommandResult> {
  const { findGgufPath } = await import('../../registry/index.ts');
  const entry = await (await openModels(context)).get(version);
  const ggufPath = findGgufPath(entry);
  const { lookAtGguf, registerAgainCommand } = await import('../../pipeline/index.ts');
  const { onProgress, signal } = context;
  const digests = await openDigests(flags, context);
  const onDisk = await lookAtGguf(entry, { digests, hash: true, onProgress, signal });
  return {
    json: { model: entry, gguf_path: ggufPath, gguf_on_disk: onDiskJson(onDisk) },
    text: (style) => [
      style.colors.bold(shown(entry.version)),
      ...style.facts([
        ['choice', markOf(entry, style) || 'not active'],
        ['base model', shown(entry.base_model)],
        ['quantization', shown(entry.quantization)],
        ['distilled from', shown(entry.distilled_from)],
        ['GGUF', ggufPath === null ? 'none' : shown(ggufPath)],
        ['on disk', onDiskSentence(onDisk, style)],
        ['next', onDisk.kind === 'changed' ? style.colors.cyan(registerAgainCommand(entry)) : null],
        ['model path', shown(entry.model_path)],
        ['registered', shown(entry.timestamp)],
        ['commit', entry.commit_hash === null ? null : shown(entry.commit_hash)],
        ...numbersOf(entry),
      ]),
    ],
  };
}

/** Every number, text and truth value below `metrics`, under its dotted name; the GGUF's path stands above. */
function numbersOf(entry: RegistryEntry): readonly (readonly [string, string])[] {
  const rows: (readonly [string, string])[] = [];
  const walk = (value: JsonValue, name: string): void => {
    if (value !== null && typeof value === 'object') {
      for (const [key, item] of Object.entries<JsonValue>(value))
        walk(item, name === '' ? key : `${name}.${key}`);
    } else if (value !== null && name !== 'compression.gguf_path') {
      rows.push([shown(name), shown(String(value))]);
    }
  };
  walk(entry.metrics, '');
  return rows;
}

function compared(comparison: Comparison): CommandResult {
  const row = ({ name, a, b, delta }: MetricDelta): string[] => [
    shown(name),
    formatNumber(a, 4),
    formatNumber(b, 4),
    formatDelta(delta),
  ];
  const { version_a, version_b, metrics } = comparison;
  return {
    json: comparison,
    text: async (style) =>
      metrics.length === 0
        ? [`Neither ${shown(version_a)} nor ${shown(version_b)} has a numeric metric.`]
        : style.table(['metric', shown(version_a), shown(version_b), 'B - A'], metrics.map(row)),
  };
}

function counted(stats: RegistryStats): CommandResult {
  const counts = (group: { readonly [name: string]: number }): string =>
    Object.entries(group)
      .map(([name, count]) => `${shown(name)} ${count}`)
      .join(' · ') || '-';
  return {
    json: stats,
    text: (style) =>
      style.facts([
        ['models', `${stats.total}`],
        ['active', stats.active.map(shown).join(', ') || 'none'],
        ['last good', stats.last_good.map(shown).join(', ') || 'none'],
        ['quantization', counts(stats.by_quantization)],
        ['base model', counts(stats.by_base_model)],
      ]),
  };
}
