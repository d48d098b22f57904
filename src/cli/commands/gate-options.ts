/** The options that say what the load test of a deployment must show. */
import { InvalidArgumentError, type Command } from 'commander';
import { messageOf } from '../../core/index.ts';
import type { Gates } from '../../deploy/index.ts';
import { CliFailure } from '../error.ts';
import { parseDurationMs, parseText } from '../option-values.ts';

export interface GateFlags {
  readonly minTokensPerSec?: number;
  readonly maxFirstToken?: number;
  readonly minOfLive?: number;
  readonly minOfBenchmark?: number;
  readonly smokePrompt?: string;
  readonly smokeExpect?: string;
}

export function addGateOptions(command: Command): Command {
  return command
    .option('--min-tokens-per-sec <n>', 'refuse a model that the load test finds slower', parsePositive)
    .option('--max-first-token <time>', 'refuse one whose first token comes later', parseDurationMs)
    .option(
      '--min-of-live <share>',
      'refuse one below this share of the live one, such as 0.9',
      parsePositive,
    )
    .option(
      '--min-of-benchmark <share>',
      'refuse one below this share of its benchmark, if that was run here',
      parsePositive,
    )
    .option('--smoke-prompt <text>', 'ask this too: raw text, without a chat template', parseText)
    .option('--smoke-expect <regex>', 'what the answer to it must match', parseRegex);
}

/** Throws `CLI_USAGE`. */
export function readGates(flags: GateFlags): Gates {
  const { smokePrompt, smokeExpect = null } = flags;
  if (smokePrompt === undefined && smokeExpect !== null) {
    throw new CliFailure('CLI_USAGE', 'There is no answer to match without a question.', {
      details: { expected: '--smoke-prompt beside --smoke-expect' },
    });
  }
  return {
    minTokensPerSecond: flags.minTokensPerSec ?? null,
    maxFirstTokenMs: flags.maxFirstToken ?? null,
    minOfLive: flags.minOfLive ?? null,
    minOfBenchmark: flags.minOfBenchmark ?? null,
    smoke: smokePrompt === undefined ? null : { prompt: smokePrompt, expect: smokeExpect },
  };
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (/^[0-9]*\.?[0-9]+$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('It should be a number above 0.');
}

function parseRegex(text: string): string {
  try {
    return new RegExp(parseText(text), 'u').source;
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}
