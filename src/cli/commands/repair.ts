/** `milton repair`: puts back what was deployed, where what is live no longer is that. */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { RepairOptions } from '../../deploy/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parseCount, parsePath } from '../option-values.ts';
import { withBundlesHint } from './bundles-hint.ts';
import { addServiceOptions, readServiceFlags, type ServiceFlags } from './service-options.ts';
import { addWaitOption, openKnownTarget, type WaitFlag } from './target-options.ts';

interface RepairFlags extends ServiceFlags, WaitFlag {
  readonly targetPath?: string;
  readonly fromBundle?: string;
  readonly release?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly skipLoadTest?: boolean;
  readonly loadTestTokens?: number;
  readonly allowNetworkFs?: boolean;
  /** False for `--no-restart`. */
  readonly restart: boolean;
}

export function defineRepair(command: Command, perform: Perform): void {
  command
    .option('--target-path <path>', 'the target (default: the only one there is)', parsePath)
    .option('--from-bundle <file>', 'take the bytes from this bundle (default: searched for)', parsePath)
    .option('--dry-run', 'hash everything and say what would be done; change nothing')
    .addOption(
      new Option('--release <release>', 'look at this one; a damaged previous release becomes bad').conflicts(
        'all',
      ),
    )
    .option('--all', 'look at previous releases too; damaged ones become bad')
    .option('--skip-load-test', 'check the structure only; nothing is loaded')
    .option('--load-test-tokens <n>', 'how many tokens the load test generates (default: 16)', parseCount)
    .option('--allow-network-fs', 'the target lies on NFS, CIFS and the like')
    .option('--no-restart', 'leave the server alone (default: as the last deployment did)');
  addWaitOption(command);
  addServiceOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ milton repair --dry-run
  $ milton repair --target-path /srv/llm
  $ milton repair --target-path /srv/llm --from-bundle FILE`,
    )
    .action(perform<RepairFlags>(repair));
}

async function repair(context: CommandContext, flags: RepairFlags): Promise<CommandResult> {
  const { DEFAULT_LOAD_TEST_TOKENS, NO_SERVICE, repairTarget } = await import('../../deploy/index.ts');
  const { planText, repairedJson, repairedText } = await import('./repair-report.ts');
  const deployContext = await openKnownTarget(flags.targetPath ?? null, context, flags);
  const { targetPath } = deployContext.layout;
  const dryRun = flags.dryRun ?? false;
  const options: RepairOptions = {
    which: flags.release === undefined ? (flags.all === true ? 'all' : 'live') : { id: flags.release },
    fromBundle: flags.fromBundle === undefined ? null : resolve(flags.fromBundle),
    dryRun,
    skipLoadTest: flags.skipLoadTest ?? false,
    loadTestTokens: flags.loadTestTokens ?? DEFAULT_LOAD_TEST_TOKENS,
    allowNetworkFs: flags.allowNetworkFs ?? false,
    service: flags.restart ? await readServiceFlags(flags) : NO_SERVICE,
    // Before the first byte is written; a dry run prints it as its result.
    onPlan: (plan) => {
      if (!dryRun) for (const line of planText(plan, context.errorStyle)) context.notice(line);
    },
  };
  const named = {
    file: flags.fromBundle ?? null,
    command: 'milton repair --from-bundle',
    state: context.state,
  };
  const repaired = await withBundlesHint(named, () => repairTarget(options, deployContext));
  return {
    json: repairedJson(repaired, targetPath),
    text: (style) => repairedText(repaired, style),
    warnings: repaired.warnings,
  };
}
