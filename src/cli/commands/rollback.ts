/** `milton rollback`: back to the release that was live before, through the same gates. */
import type { Command } from 'commander';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parseCount, parsePath, parseText } from '../option-values.ts';
import { addServiceOptions, readServiceFlags, type ServiceFlags } from './service-options.ts';
import { addTesterOptions, readTester, type TesterFlags } from './tester-options.ts';
import { addWaitOption, openKnownTarget, type WaitFlag } from './target-options.ts';

interface RollbackFlags extends ServiceFlags, TesterFlags, WaitFlag {
  readonly targetPath?: string;
  readonly to?: string;
  readonly now?: string;
  readonly loadTestTokens?: number;
  readonly allowNetworkFs?: boolean;
  readonly retryBad?: boolean;
  /** False for `--no-restart`. */
  readonly restart: boolean;
}

export function defineRollback(command: Command, perform: Perform): void {
  command
    .option('--target-path <path>', 'the target (default: the only one there is)', parsePath)
    .option('--to <release>', 'a release of milton status, instead of the last good one')
    .option('--now <reason>', 'skip the load test; the reason is recorded', parseText)
    .option('--load-test-tokens <n>', 'how many tokens the load test generates (default: 16)', parseCount)
    .option('--allow-network-fs', 'the target lies on NFS, CIFS and the like')
    .option('--retry-bad', 'go to a release although it is known to be bad')
    .option('--no-restart', 'leave the server alone (default: as the last deployment did)');
  addWaitOption(command);
  addTesterOptions(command);
  addServiceOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ milton rollback
  $ milton rollback --target-path /srv/llm --now "garbage since 10:05"`,
    )
    .action(perform<RollbackFlags>(rollback));
}

async function rollback(
  context: CommandContext,
  flags: RollbackFlags,
  args: readonly string[],
  behind: readonly string[],
): Promise<CommandResult> {
  const skippedBy = flags.now === undefined ? null : '--now';
  const tester = await readTester(flags, { args, behind, own: 0, skippedBy });
  const { DEFAULT_LOAD_TEST_TOKENS, NO_SERVICE, rollBack } = await import('../../deploy/index.ts');
  const service = flags.restart ? await readServiceFlags(flags) : NO_SERVICE;
  const deployContext = await openKnownTarget(flags.targetPath ?? null, context, flags);
  const outcome = await rollBack(
    {
      to: flags.to ?? null,
      now: flags.now ?? null,
      loadTestTokens: flags.loadTestTokens ?? DEFAULT_LOAD_TEST_TOKENS,
      loadTestTimeoutMs: flags.loadTestTimeout ?? null,
      allowNetworkFs: flags.allowNetworkFs ?? false,
      retryBad: flags.retryBad ?? false,
      service,
      tester,
    },
    deployContext,
  );
  const { outcomeJson, rolledBackText } = await import('./deployment-report.ts');
  return {
    json: outcomeJson(outcome),
    text: (style) => rolledBackText(outcome, style),
    warnings: outcome.warnings,
  };
}
