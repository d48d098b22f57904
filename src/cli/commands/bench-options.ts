/** The options of `milton bench`, and what they ask for: which models, by what engine, what of a suite. */
import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { isVersion } from '../../core/index.ts';
import type { BenchEngineRecord } from '../../pipeline/index.ts';
import { CliFailure } from '../error.ts';
import {
  collectList,
  parseCount,
  parseDurationMs,
  parsePath,
  parseText,
  parseWhole,
} from '../option-values.ts';

export interface BenchFlags {
  readonly version?: readonly string[];
  readonly all?: boolean;
  readonly suite?: string;
  readonly engine?: BenchEngineRecord['name'];
  readonly enginePath?: string;
  readonly serverUrl?: string;
  readonly apiKeyEnv?: string;
  readonly servedAs?: Readonly<Record<string, string>>;
  readonly threads?: number;
  readonly context?: number;
  readonly gpuLayers?: number;
  readonly budget?: number;
  readonly again?: boolean;
  readonly resume?: boolean;
  readonly benchmarksDir?: string;
}

/** What is measured, and how. */
export interface AskedBench {
  readonly versions: readonly string[];
  /** The folder, absolute; null for the one of the package. */
  readonly suite: string | null;
  readonly budgetMs: number | null;
  readonly again: boolean;
  readonly engine: BenchEngineRecord;
}

export function addBenchOptions(command: Command): Command {
  return command
    .option('--version <v>', 'a registered version; may be repeated (default: all with a GGUF)', collectList)
    .addOption(new Option('--all', 'all with a GGUF, as without --version').conflicts('version'))
    .option('--suite <dir>', 'what is asked (default: the sample suite of the package)', parsePath)
    .option('--budget <time>', 'for all models together, such as 30m: asks fewer cases', parseDurationMs)
    .option('--again', 'measure what was measured before all the same')
    .option('--resume', 'go on with the newest run, which was cut short; takes no other option')
    .addOption(
      new Option('--engine <engine>', 'what runs the models (default: llama-cpp)').choices([
        'llama-cpp',
        'llama-server',
        'openai',
      ]),
    )
    .option('--threads <n>', 'that compute (default: all processors but one)', parseCount)
    .option('--context <tokens>', 'of context to make room for (default: 2048 at most)', parseCount)
    .option('--gpu-layers <n>', 'layers on a GPU (default: 0, the processor alone)', parseWhole)
    .option('--engine-path <file>', 'the llama-server of this machine', parsePath)
    .option('--server-url <url>', 'of the server, with --engine openai', parseText)
    .option('--served-as <v=name>', 'the name of a version at that server; may be repeated', collectNames)
    .option('--api-key-env <name>', 'the environment variable with the key for it', parseText)
    .option('--benchmarks-dir <dir>', 'where the run is put (default: in the state directory)', parsePath);
}

/** `behind`: what stood behind `--`, for llama-server. Throws `CLI_USAGE`. */
export function readAsked(flags: BenchFlags, behind: readonly string[]): AskedBench {
  const { engine = 'llama-cpp', enginePath, serverUrl } = flags;
  assertFits(engine, flags, behind);
  return {
    versions: flags.version ?? [],
    suite: flags.suite === undefined ? null : resolve(flags.suite),
    budgetMs: flags.budget ?? null,
    again: flags.again ?? false,
    engine: {
      name: engine,
      threads: flags.threads ?? null,
      context_tokens: flags.context ?? null,
      gpu_layers: flags.gpuLayers ?? 0,
      path: enginePath === undefined ? null : resolve(enginePath),
      flags: behind,
      url: serverUrl ?? null,
      api_key_env: flags.apiKeyEnv ?? null,
      served_as: flags.servedAs ?? {},
    },
  };
}

/** What was begun is gone on with as it was asked for. Throws `CLI_USAGE`. */
export function assertResumesAlone(flags: BenchFlags, behind: readonly string[]): void {
  const given = NOT_RESUMED.filter((name) => flags[name] !== undefined);
  const names = [...given.map(optionName), ...behind];
  if (names.length === 0) return;
  throw usage(
    'A benchmark is gone on with as it was asked for.',
    '--resume, and --benchmarks-dir at most',
    names.join(', '),
  );
}

/** What the run that was cut short says itself. */
const NOT_RESUMED = [
  'version',
  'all',
  'suite',
  'engine',
  'enginePath',
  'serverUrl',
  'apiKeyEnv',
  'servedAs',
  'threads',
  'context',
  'gpuLayers',
  'budget',
  'again',
] as const satisfies readonly (keyof BenchFlags)[];

function assertFits(engine: BenchEngineRecord['name'], flags: BenchFlags, behind: readonly string[]): void {
  const given = (...names: readonly (keyof BenchFlags)[]): readonly string[] =>
    names.filter((name) => flags[name] !== undefined).map(optionName);
  const ofServer = given('serverUrl', 'servedAs', 'apiKeyEnv');
  const ofBinary = [...given('enginePath'), ...behind];
  const ofLoading = given('threads', 'context', 'gpuLayers');
  const idle = {
    'llama-cpp': [...ofServer, ...ofBinary],
    'llama-server': ofServer,
    openai: [...ofBinary, ...ofLoading],
  }[engine];
  if (idle.length > 0) {
    const names = idle.join(', ');
    throw usage(`With --engine ${engine}, ${names} would change nothing.`, EXPECTED[engine], names);
  }
  if (engine === 'llama-server' && flags.enginePath === undefined) {
    throw usage('Which llama-server is it?', '--engine-path FILE', 'none');
  }
  if (engine === 'openai' && flags.serverUrl === undefined) {
    throw usage('Where is the server?', '--server-url URL', 'none');
  }
}

const EXPECTED: Readonly<Record<BenchEngineRecord['name'], string>> = {
  'llama-cpp': '--threads, --context, --gpu-layers',
  'llama-server': '--engine-path FILE, --threads, --context, --gpu-layers, and flags behind --',
  openai: '--server-url URL, --served-as V=NAME, --api-key-env NAME',
};

function optionName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `v1=llama-3.1-8b`; the name may hold anything, the version no `=`. */
function collectNames(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  const [version, name] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 0 || !isVersion(version) || name === '') {
    throw new InvalidArgumentError('It should be a version and a name, such as v1=llama-3.1-8b.');
  }
  if (Object.hasOwn(before, version)) {
    throw new InvalidArgumentError('Each version has one name at the server.');
  }
  return { ...before, [version]: name };
}

function usage(message: string, expected: string, received: string): CliFailure {
  return new CliFailure('CLI_USAGE', message, {
    details: { expected, received },
    hint: 'milton bench --help shows how the options go together.',
  });
}
