/** The options of a schedule: those of each run, which the unit is given as they were typed, and those of the units. */
import { InvalidArgumentError, Option, Command } from 'commander';
import { resolve } from 'node:path';
import { CliFailure } from '../error.ts';
import { parseCount, parseDurationMs, parsePath, parseText } from '../option-values.ts';
import { addDeployOptions, type DeployFlags } from './deploy.ts';

export interface RunOnceFlags extends DeployFlags {
  readonly benchCommand?: string;
  readonly benchTimeout?: number;
  readonly deploy?: boolean;
}

export interface InstallFlags extends RunOnceFlags {
  readonly every?: string;
  readonly randomDelay?: number;
  readonly before?: readonly string[];
  readonly writable?: readonly string[];
  readonly memoryMax?: string;
  readonly cpuQuota?: number;
  readonly start?: boolean;
}

/** An option of a run, as it was typed. */
export interface Given {
  readonly name: string;
  /** Null for one that takes no value. */
  readonly value: string | null;
}

/** Adds the options of one run; what is given of them is told in `given`, in the order of the command line. */
export function addRunOnceOptions(command: Command, given: Given[]): Command {
  const own = new Command()
    .option(
      '--bench-command <command>',
      'measures the models in place of milton bench (under /bin/sh)',
      parseText,
    )
    .option('--bench-timeout <time>', 'how long it may take (default: 3h)', parseDurationMs)
    .option('--deploy', 'deploy the best too, where it is better enough than what is live');
  const scheduled = addDeployOptions(new Command()).options.filter(
    ({ long }) => !NOT_SCHEDULED.has(long ?? ''),
  );
  for (const option of [...own.options, ...scheduled]) {
    const name = option.name();
    command.addOption(OF_EVERY_RUN.has(name) ? option : option.helpGroup('Options of a deployment:'));
    command.on(`option:${name}`, (raw: unknown) =>
      given.push({ name, value: typeof raw === 'string' ? raw : null }),
    );
  }
  return command;
}

export function addUnitOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--every <time>', 'from one run to the next (default: 6h)').choices([
        '1h',
        '2h',
        '3h',
        '4h',
        '6h',
        '8h',
        '12h',
        '24h',
      ]),
    )
    .option('--random-delay <time>', 'begin up to this much later (default: 30m)', parseDurationMs)
    .option('--before <unit>', 'settle a crashed deployment before this unit starts at boot', collectTexts)
    .option('--writable <path>', 'what the benchmark must write to, beside the state', collectPaths)
    .option('--memory-max <size>', 'all that a run may take, such as 6G or 50% (default: 80%)', parseMemory)
    .option('--cpu-quota <percent>', 'of one processor; slows the benchmark too (default: none)', parseCount);
}

/** As words that say the same in another folder: `--target-path=/srv/llm`. */
export function toRunArgs(given: readonly Given[]): readonly string[] {
  return given.map(({ name, value }) => {
    if (value === null) return `--${name}`;
    return `--${name}=${PATHS.has(name) ? resolve(value) : value}`;
  });
}

/** Throws `CLI_USAGE` for an option of a deployment where none is asked for. */
export function assertGivenFits(given: readonly Given[], { deploy }: RunOnceFlags): void {
  if (deploy === true) return;
  const idle = given.map(({ name }) => name).filter((name) => !OF_EVERY_RUN.has(name));
  if (idle.length === 0) return;
  const names = idle.map((name) => `--${name}`).join(', ');
  throw new CliFailure(
    'CLI_USAGE',
    `Without --deploy nothing is deployed, and ${names} would change nothing.`,
    {
      hint: 'Add --deploy, or leave the options of a deployment away.',
      details: { expected: '--deploy', received: names },
    },
  );
}

/** The run and the version are what a scheduled run finds out. */
const NOT_SCHEDULED = new Set([
  '--bundle',
  '--benchmark-file',
  '--run',
  '--dry-run',
  '--with-load-test',
  // A reason is about one release.
  '--allow-downgrade',
]);
const OF_EVERY_RUN = new Set([
  'bench-command',
  'bench-timeout',
  'deploy',
  'weights',
  'thresholds',
  'benchmarks-dir',
]);
const PATHS = new Set(['target-path', 'benchmarks-dir']);

function collectTexts(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, parseText(text)];
}

function collectPaths(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, resolve(parsePath(text))];
}

function parseMemory(text: string): string {
  if (/^(?:[1-9][0-9]*[KMGT]?|[1-9][0-9]?%|100%|infinity)$/.test(text)) return text;
  throw new InvalidArgumentError('It should be a size such as 6G, a share such as 50%, or infinity.');
}
