/** `milton demo`: the whole way in half a minute, in a throw-away folder. */
import type { Command } from 'commander';
import { formatDuration, type JsonObject } from '../../core/index.ts';
import type { DemoResult, DemoStep } from '../../pipeline/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { shown, type TextStyle } from '../text-style.ts';

export function defineDemo(command: Command, perform: Perform): void {
  command
    .option('--keep', 'leave the folder of the demo for looking around')
    .addHelpText('after', '\nExample:\n  $ milton demo --keep')
    .action(perform<{ keep?: boolean }>(demo));
}

async function demo(context: CommandContext, flags: { keep?: boolean }): Promise<CommandResult> {
  const { runDemo } = await import('../../pipeline/index.ts');
  const { loadLlamaCppEngine } = await import('../../engine/index.ts');
  const { clock, signal, shield, version } = context;
  const result = await runDemo({
    keep: flags.keep ?? false,
    engine: await loadLlamaCppEngine(),
    clock,
    signal,
    shield,
    tool: `milton-edge ${version}`,
    onBegin: (doing) => context.notice(`${doing} …`),
  });
  return { json: resultJson(result), text: (style) => resultText(result, style) };
}

function resultJson(result: DemoResult): JsonObject {
  return {
    steps: result.steps.map(({ title, lines, command, refused }) => ({
      title,
      lines: [...lines],
      command,
      refused: refused === null ? null : { ...refused },
    })),
    folder: result.kept ? result.folder : null,
    state_dir: result.kept ? result.stateDir : null,
    target_path: result.kept ? result.targetPath : null,
    kept: result.kept,
    duration_ms: Math.round(result.durationMs),
  };
}

function resultText(result: DemoResult, style: TextStyle): string[] {
  const { colors } = style;
  return [
    ...result.steps.flatMap((step, index) => stepText(step, index + 1, style)),
    '',
    `${colors.green('done')}  in ${formatDuration(result.durationMs)}, by really loading the models with llama.cpp.`,
    '',
    ...(result.kept ? keptText(result, style) : goneText(style)),
  ];
}

function stepText(step: DemoStep, number: number, { colors }: TextStyle): string[] {
  const title = step.refused === null ? colors.bold(step.title) : colors.yellow(step.title);
  return [
    `${number}. ${title}`,
    ...step.lines.map((line) => `     ${shown(line)}`),
    ...(step.command === null ? [] : [colors.dim(`     as a command: ${shown(step.command)}`)]),
  ];
}

function keptText({ folder, stateDir, targetPath }: DemoResult, { colors, facts }: TextStyle): string[] {
  const state = `--state-dir ${stateDir}`;
  return [
    'Look around:',
    ...facts([
      ['models', `${folder}/models`],
      ['state', stateDir],
      ['live', targetPath],
    ]),
    '',
    'Try next:',
    ...[
      `milton status ${state}`,
      `milton deployments ${state}`,
      `milton models list ${state}`,
      `milton select ${state} --weights cove=1,retrieval=1`,
      `milton bundle list ${state}`,
      `rm -r ${folder}`,
    ].map((command) => `  ${colors.cyan(command)}`),
  ];
}

function goneText({ colors }: TextStyle): string[] {
  return [
    'The folder of the demo is gone again; milton demo --keep leaves it for looking around.',
    '',
    'With your own model:',
    ...[
      'milton gguf inspect model.gguf',
      'milton models register v1 --gguf model.gguf',
      'milton bundle create v1',
      'milton deploy --bundle FILE --target-path /srv/llm',
    ].map((command) => `  ${colors.cyan(command)}`),
  ];
}
