/** The options that say who runs the load test; `deploy` and `rollback` share them. */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { LoadTester } from '../../deploy/index.ts';
import { CliFailure } from '../error.ts';
import { parseDurationMs, parsePath, parseText } from '../option-values.ts';

export interface TesterFlags {
  readonly engine?: 'embedded' | 'llama-server';
  readonly enginePath?: string;
  readonly loadTestCommand?: string;
  /** In milliseconds: for each answer of an engine, or for the whole of a command. */
  readonly loadTestTimeout?: number;
}

export function addTesterOptions(command: Command): Command {
  return command
    .argument('[flags...]', 'behind --: flags for llama-server, with --engine llama-server')
    .addOption(
      new Option('--engine <engine>', 'what runs the load test (default: embedded)').choices([
        'embedded',
        'llama-server',
      ]),
    )
    .option('--engine-path <file>', 'the llama-server of this machine', parsePath)
    .option('--load-test-command <command>', 'run this instead; it must exit with 0', parseText)
    .option(
      '--load-test-timeout <time>',
      'for each answer (default: 2m, longer for a large file), or the command (10m)',
      parseDurationMs,
    );
}

export interface TesterOperands {
  /** Everything that is no option. */
  readonly args: readonly string[];
  /** Those of them that stood behind `--`. */
  readonly behind: readonly string[];
  /** How many operands of its own the command has. */
  readonly own: number;
  /** The option that leaves the load test away, where it was given. */
  readonly skippedBy: string | null;
}

/** Of a command without any. */
export const NO_OPERANDS: TesterOperands = { args: [], behind: [], own: 0, skippedBy: null };

/** Null where no option says anything. Throws `CLI_USAGE`, `ENGINE_FLAG_REFUSED`. */
export async function readTester(flags: TesterFlags, operands: TesterOperands): Promise<LoadTester | null> {
  const { args, behind, own, skippedBy } = operands;
  const { engine, enginePath, loadTestCommand, loadTestTimeout } = flags;
  if (args.length - behind.length > own) {
    throw usage('There are more operands than the command takes.', `at most ${own}; flags stand behind --`);
  }
  if (engine !== 'llama-server' && (enginePath !== undefined || behind.length > 0)) {
    throw usage('Only a llama-server takes a path and flags.', '--engine llama-server --engine-path FILE');
  }
  if (engine === 'llama-server' && enginePath === undefined) {
    throw usage('Which llama-server is it?', '--engine-path FILE');
  }
  if (loadTestCommand !== undefined && engine !== undefined) {
    throw usage('A load test command takes the place of an engine.', 'one of them');
  }
  if (loadTestCommand === undefined && engine === undefined) return null;
  if (skippedBy !== null) throw usage(`With ${skippedBy} there is no load test to run.`, 'one of them');
  if (loadTestCommand !== undefined) {
    const { LOAD_TEST_COMMAND_TIMEOUT_MS } = await import('../../deploy/index.ts');
    const timeoutMs = loadTestTimeout ?? LOAD_TEST_COMMAND_TIMEOUT_MS;
    return { kind: 'command', command: loadTestCommand, timeoutMs };
  }
  if (enginePath === undefined) return { kind: 'embedded' };
  const { assertServerFlags } = await import('../../engine/index.ts');
  assertServerFlags(behind);
  return { kind: 'llama-server', path: resolve(enginePath), flags: behind };
}

function usage(message: string, expected: string): CliFailure {
  return new CliFailure('CLI_USAGE', message, {
    details: { expected },
    hint: 'milton deploy --help shows how the options go together.',
  });
}
