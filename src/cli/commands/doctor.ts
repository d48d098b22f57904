/** `milton doctor`: whether this machine has what a deployment needs, and what to type where it has not. */
import type { Command } from 'commander';
import type { CheckStatus, Examination, MachineCheck } from '../../pipeline/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parsePath } from '../option-values.ts';
import { shown, type TextStyle } from '../text-style.ts';

interface DoctorFlags {
  readonly targetPath?: string;
  /** False for `--no-load`. */
  readonly load: boolean;
  readonly allowNetworkFs?: boolean;
}

export function defineDoctor(command: Command, perform: Perform): void {
  command
    .option('--target-path <path>', 'only this target (default: every target ever deployed to)', parsePath)
    .option('--no-load', 'do not start the engine (default: it runs a tiny model)')
    .option('--allow-network-fs', 'the target lies on NFS, CIFS and the like')
    .addHelpText(
      'after',
      `
Changes nothing. Exits 0 where a deployment finds all that it needs, and 1 where
something is missing or failed; what is degraded is done without.

Example:
  $ milton doctor --target-path /srv/llm`,
    )
    .action(perform<DoctorFlags>(doctor));
}

async function doctor(context: CommandContext, flags: DoctorFlags): Promise<CommandResult> {
  const [{ examineMachine }, { loadLlamaCppEngine }] = await Promise.all([
    import('../../pipeline/index.ts'),
    import('../../engine/index.ts'),
  ]);
  const { state, clock, env, signal } = context;
  if (flags.load)
    context.onProgress({ kind: 'step', step: 'examine', message: 'Looking, and starting the engine' });
  const examination = await examineMachine({
    targetPath: flags.targetPath ?? null,
    state,
    clock,
    env,
    signal,
    engine: await loadLlamaCppEngine(),
    load: flags.load,
    allowNetworkFs: flags.allowNetworkFs ?? false,
  });
  const { checks, failure } = examination;
  return {
    json: { checks: checks.map((check) => ({ ...check })) },
    text: (style) => examinationText(examination, style),
    ...(failure !== null && { failure }),
  };
}

async function examinationText({ checks, failure }: Examination, style: TextStyle): Promise<string[]> {
  const { colors, table } = style;
  const lacks = checks.filter(({ status }) => status !== 'ok');
  const rows = checks.map((check) => [paintStatus(check.status, style), check.id, describe(check)]);
  const blocks = await Promise.all(lacks.map((check) => blockText(check, style)));
  return [
    ...(await table(['', 'what', 'found'], rows)),
    ...blocks.flat(),
    ...(failure === null ? ['', verdict(lacks.length, colors)] : []),
  ];
}

/** The path of a check about a place stands with what was found there. */
function describe({ status, path, found }: MachineCheck): string {
  if (status !== 'ok') return path === null ? 'see below' : `${shown(path)}: see below`;
  return path === null ? shown(found) : `${shown(path)}: ${shown(found)}`;
}

function blockText(check: MachineCheck, style: TextStyle): Promise<readonly string[]> {
  const { colors, table } = style;
  const { id, status, path, found, expected, costs, fix } = check;
  const rows = [
    ...(path === null ? [] : [['where', shown(path)]]),
    ['found', shown(found)],
    ['expected', shown(expected)],
    ...(costs === null ? [] : [['costs', shown(costs)]]),
    ...(fix === null ? [] : [['fix', colors.cyan(shown(fix))]]),
  ];
  return table([id, paintStatus(status, style)], rows).then((lines) => ['', ...lines]);
}

/** Where it is unfit, the failure that follows says so. */
function verdict(degraded: number, colors: TextStyle['colors']): string {
  const fit = colors.green('This machine is fit for deployments');
  if (degraded === 0) return `${fit}.`;
  return `${fit}; ${degraded === 1 ? 'one thing is' : `${degraded} things are`} degraded.`;
}

function paintStatus(status: CheckStatus, { colors }: TextStyle): string {
  switch (status) {
    case 'ok':
      return colors.green(status);
    case 'degraded':
      return colors.yellow(status);
    case 'missing':
    case 'failed':
      return colors.red(status);
  }
}
