/** `milton demo`: the whole way in a minute, in a throw-away folder. */
import type { Command } from 'commander';
import { formatBytes, formatDuration, type JsonObject } from '../../core/index.ts';
import type { DemoRank, DemoResult, DemoStep } from '../../pipeline/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { formatNumber } from '../numbers.ts';
import { formatTable } from '../table.ts';
import { shown, type Colors, type TextStyle } from '../text-style.ts';
import { benchNotices } from './bench-notices.ts';

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
    onBench: benchNotices({ notice: (text) => context.notice(`  ${text}`), nowMs: () => performance.now() }),
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
    ranking: result.ranking.map((rank) => ({
      version: rank.version,
      quantization: rank.quantization,
      size_bytes: rank.sizeBytes,
      latency_ms: rank.latencyMs,
      tokens_per_sec: rank.tokensPerSecond,
      cove_pass_rate: rank.covePassRate,
      retrieval_score: rank.retrievalScore,
      total_score: rank.score,
      chosen: rank.chosen,
      refused_because: [...rank.refusedBecause],
    })),
    sampled:
      result.sample === null ? null : { asked: { ...result.sample.asked }, of: { ...result.sample.of } },
    answer: result.answer === null ? null : { ...result.answer },
    folder: result.kept ? result.folder : null,
    state_dir: result.kept ? result.stateDir : null,
    target_path: result.kept ? result.targetPath : null,
    kept: result.kept,
    duration_ms: Math.round(result.durationMs),
  };
}

function resultText(result: DemoResult, style: TextStyle): string[] {
  return [
    ...result.steps.flatMap((step, index) => stepText(step, index + 1, style)),
    '',
    ...summaryText(result, style),
    '',
    ...(result.kept ? keptText(result, style) : goneText(style)),
  ];
}

function summaryText(result: DemoResult, { colors, columns }: TextStyle): string[] {
  const rows = result.ranking.map((rank) => [
    markOf(rank, colors),
    shown(rank.version),
    rank.quantization ?? '-',
    rank.sizeBytes === null ? '-' : formatBytes(rank.sizeBytes),
    `${formatNumber(rank.tokensPerSecond, 0)} /s`,
    `${formatNumber(rank.latencyMs, 1)} ms`,
    percentOf(rank.covePassRate),
    percentOf(rank.retrievalScore),
    formatNumber(rank.score),
  ]);
  const head = ['', 'model', 'type', 'size', 'tokens', 'first', 'verified', 'found', 'score'];
  const { answer } = result;
  return [
    ...formatTable(head, rows, columns).map((line) => `  ${line}`),
    '',
    ...(answer === null
      ? []
      : [
          `  ${colors.dim('you')}  ${answer.question}`,
          `  ${colors.cyan(shown(answer.version))}   ${shown(answer.answer)}`,
          '',
        ]),
    `${colors.green('done')}  in ${formatDuration(result.durationMs)}: measured, chosen, deployed and rolled back by really running the models with llama.cpp.`,
  ];
}

function markOf({ chosen, refusedBecause }: DemoRank, colors: Colors): string {
  if (chosen) return colors.green('chosen');
  return refusedBecause.length === 0 ? '' : colors.red('refused');
}

function percentOf(value: number | null): string {
  return value === null ? '-' : `${formatNumber(value, 0)} %`;
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
      ['folder', folder],
      ['state', stateDir],
      ['live', targetPath],
    ]),
    '',
    'Try next:',
    ...[
      `milton status ${state}`,
      `milton deployments ${state}`,
      `milton models list ${state}`,
      `milton select ${state}`,
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
      'milton models register v1 --hf DIRECTORY',
      'milton quantize v1 --type Q4_0,Q8_0',
      'milton bench',
      'milton deploy --target-path /srv/llm',
    ].map((command) => `  ${colors.cyan(command)}`),
  ];
}
