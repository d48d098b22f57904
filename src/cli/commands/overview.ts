/** The bare command: what there is, or what to do first; and `--version`, where `--json` wants a document. */
import { readdir } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { shown } from '../text-style.ts';

export function defineOverview(command: Command, perform: Perform): void {
  command.addHelpText('after', '\nExample:\n  $ milton').action(
    perform(async (context) => {
      if (command.parent?.opts()['version'] === true)
        return { json: { version: context.version }, text: [context.version] };
      return overview(context);
    }),
  );
}

async function overview(context: CommandContext): Promise<CommandResult> {
  const { openRegistry } = await import('../../registry/index.ts');
  const { clock, signal, state } = context;
  const models = await openRegistry(state.registryFile, { clock, signal }).list();
  const runs = await countFiles(state.runsDir, /^benchmark_.*\.json$/);
  const bundles = await countFiles(state.bundlesDir, /\.tar\.gz$/);
  const deployments = await countFiles(state.historyDir, /^(deploy|rollback)_.*\.json$/);
  const active = models.filter((model) => model.active).map(({ version }) => version);
  const isFresh = models.length + runs + bundles + deployments === 0;
  return {
    json: {
      version: context.version,
      state_dir: state.path,
      fresh: isFresh,
      models: models.length,
      active,
      runs,
      bundles,
      deployments,
    },
    text: (style) =>
      isFresh
        ? firstSteps(state.path, style.colors.cyan)
        : [
            `Milton Edge ${context.version}`,
            '',
            ...style.facts([
              ['state', shown(state.path)],
              [
                'models',
                `${models.length}${active.length > 0 ? `, active: ${active.map(shown).join(', ')}` : ''}`,
              ],
              ['runs', `${runs}`],
              ['bundles', `${bundles}`],
              ['deployments', `${deployments}`],
            ]),
            '',
            'What next:',
            ...style.facts(nextSteps({ models: models.length, runs, deployments }, style.colors.cyan)),
          ],
  };
}

function firstSteps(path: string, command: (text: string) => string): string[] {
  return [
    'Milton Edge takes a language model from several candidates to live on the edge device.',
    `There is nothing here yet (${shown(path)}). Start with one of these:`,
    '',
    `  ${command('milton demo')}`,
    '      see it all work in a throw-away folder, offline, in under a minute',
    `  ${command('milton models register VERSION --gguf FILE')}`,
    '      tell it about a model of yours; the file is checked first and stays where it is',
    `  ${command('milton bundle create --model FILE --version VERSION')}`,
    '      pack one model into one file, without a registry',
    '',
    'milton --help lists every command.',
  ];
}

function nextSteps(
  {
    models,
    runs,
    deployments,
  }: { readonly models: number; readonly runs: number; readonly deployments: number },
  command: (text: string) => string,
): readonly (readonly [string, string])[] {
  const steps: (readonly [string, string])[] = [];
  if (models === 0) steps.push(['register a model', command('milton models register VERSION --gguf FILE')]);
  if (models > 0) steps.push(['see the models', command('milton models list')]);
  if (models > 0 && runs > 0) {
    steps.push(['see who would win', command('milton select')]);
    steps.push(['put the best live', command('milton deploy --target-path DIR')]);
  } else if (models > 0) {
    steps.push(['measure them', command('milton bench')]);
    steps.push(['pack one of them', command('milton bundle create VERSION')]);
  }
  if (deployments > 0) steps.push(['see what is live', command('milton status')]);
  return steps;
}

async function countFiles(folder: string, pattern: RegExp): Promise<number> {
  // A folder that is missing or closed holds nothing to show; the command that needs it says so.
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => pattern.test(name)).length;
}
