/** The options that say how a server is restarted and asked whether it is well; `deploy` and `rollback` share them. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Probe, ServiceSettings } from '../../deploy/index.ts';
import { CliFailure } from '../error.ts';
import { parseCount, parseDurationMs, parseText } from '../option-values.ts';

export interface ServiceFlags {
  readonly restartCommand?: string;
  readonly handover?: 'restart' | 'stop-first';
  readonly stopCommand?: string;
  readonly startCommand?: string;
  readonly healthUrl?: readonly string[];
  readonly healthOpenai?: readonly string[];
  readonly healthCommand?: readonly string[];
  readonly healthAttempts?: number;
  readonly healthInterval?: number;
  readonly healthTimeout?: number;
  readonly commandTimeout?: number;
  readonly soak?: number;
}

export function addServiceOptions(command: Command): Command {
  return command
    .option('--restart-command <command>', 'makes the server load the new release, after the swap', parseText)
    .option('--health-url <url>', 'must answer 200 before the release counts as live', collectUrls)
    .option(
      '--health-openai <url>',
      'must list a model and complete a prompt (OpenAI-style API)',
      collectUrls,
    )
    .option('--health-command <command>', 'must exit with 0', collectTexts)
    .option('--health-attempts <n>', 'how often each is asked until it is well (default: 30)', parseCount)
    .option('--health-interval <time>', 'between two attempts (default: 1s)', parseDurationMs)
    .option('--health-timeout <time>', 'for one answer (default: 5s)', parseDurationMs)
    .option('--command-timeout <time>', 'for one run of a command (default: 60s)', parseDurationMs)
    .option(
      '--soak <time>',
      'keep asking this long; one bad answer rolls back (default: 0s)',
      parseDurationMs,
    )
    .addOption(
      new Option('--handover <how>', 'stop-first where there is no memory for two models').choices([
        'restart',
        'stop-first',
      ]),
    )
    .option('--stop-command <command>', 'with --handover stop-first: before the load test', parseText)
    .option('--start-command <command>', 'with --handover stop-first: after the swap', parseText);
}

/** Null where no option says anything. Throws `CLI_USAGE` where two of them contradict each other. */
export async function readServiceFlags(flags: ServiceFlags): Promise<ServiceSettings | null> {
  const { NO_SERVICE, hasService } = await import('../../deploy/index.ts');
  const settings: ServiceSettings = {
    restartCommand: flags.restartCommand ?? null,
    handover: flags.handover ?? 'restart',
    stopCommand: flags.stopCommand ?? null,
    startCommand: flags.startCommand ?? null,
    probes: toProbes(flags),
    attempts: flags.healthAttempts ?? NO_SERVICE.attempts,
    intervalMs: flags.healthInterval ?? NO_SERVICE.intervalMs,
    timeoutMs: flags.healthTimeout ?? NO_SERVICE.timeoutMs,
    commandTimeoutMs: flags.commandTimeout ?? NO_SERVICE.commandTimeoutMs,
    soakMs: flags.soak ?? NO_SERVICE.soakMs,
  };
  assertConsistent(settings, flags);
  return hasService(settings) ? settings : null;
}

function toProbes({ healthUrl = [], healthOpenai = [], healthCommand = [] }: ServiceFlags): readonly Probe[] {
  return [
    ...healthUrl.map((url): Probe => ({ kind: 'http', url })),
    ...healthOpenai.map((url): Probe => ({ kind: 'openai', url })),
    ...healthCommand.map((command): Probe => ({ kind: 'command', command })),
  ];
}

function assertConsistent(settings: ServiceSettings, flags: ServiceFlags): void {
  const { handover, stopCommand, startCommand, restartCommand, probes } = settings;
  const isStopFirst = handover === 'stop-first';
  if (isStopFirst && (stopCommand === null || startCommand === null)) {
    throw usage('--handover stop-first needs both commands.', '--stop-command and --start-command');
  }
  if (!isStopFirst && (stopCommand !== null || startCommand !== null)) {
    throw usage('A stop or start command is only run by --handover stop-first.', '--handover stop-first');
  }
  if (isStopFirst && restartCommand !== null) {
    throw usage('With --handover stop-first the start command takes the place of a restart.', 'one of them');
  }
  const asking = ['healthAttempts', 'healthInterval', 'healthTimeout', 'soak'] as const;
  if (probes.length === 0 && asking.some((name) => flags[name] !== undefined)) {
    throw usage('There is nothing to ask the server.', '--health-url, --health-openai or --health-command');
  }
}

function usage(message: string, expected: string): CliFailure {
  return new CliFailure('CLI_USAGE', message, {
    details: { expected },
    hint: 'milton deploy --help shows how the options go together.',
  });
}

function collectUrls(text: string, before: readonly string[] = []): readonly string[] {
  const isUrl = URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
  if (!isUrl) throw new InvalidArgumentError('It should be a URL such as http://127.0.0.1:8080/health.');
  return [...before, text];
}

/** A command line may hold commas: one option, one command. */
function collectTexts(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseText(text)];
}
