/** `milton prune`: removes earlier releases and bundles that nothing needs any more. */
import type { Command } from 'commander';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parsePath } from '../option-values.ts';
import { addRetentionOptions, readRetention, type RetentionFlags } from './retention-options.ts';
import { addWaitOption, openKnownTarget, type WaitFlag } from './target-options.ts';

interface PruneFlags extends RetentionFlags, WaitFlag {
  readonly targetPath?: string;
  readonly dryRun?: boolean;
  readonly allowNetworkFs?: boolean;
}

export function definePrune(command: Command, perform: Perform): void {
  command.option('--target-path <path>', 'the target (default: the only one there is)', parsePath);
  addRetentionOptions(command)
    .option('--dry-run', 'show what would be removed, and touch nothing')
    .option('--allow-network-fs', 'the target lies on NFS, CIFS and the like');
  addWaitOption(command)
    .addHelpText(
      'after',
      `
What is live, what a rollback would go back to, and what a process uses is never removed.

Examples:
  $ milton prune --dry-run
  $ milton prune --target-path /srv/llm --keep 1 --keep-bundles 0`,
    )
    .action(perform<PruneFlags>(prune));
}

async function prune(context: CommandContext, flags: PruneFlags): Promise<CommandResult> {
  const { pruneFailure, pruneTarget, toRetentionJson } = await import('../../deploy/index.ts');
  const policy = await readRetention(flags);
  const deployContext = await openKnownTarget(flags.targetPath ?? null, context, flags);
  const options = {
    policy,
    dryRun: flags.dryRun ?? false,
    allowNetworkFs: flags.allowNetworkFs ?? false,
  };
  const { targetPath, report, warnings } = await pruneTarget(options, deployContext);
  const failure = pruneFailure(report);
  const { prunedText } = await import('./retention-text.ts');
  return {
    json: { target_path: targetPath, ...toRetentionJson(report) },
    text: (style) => prunedText(targetPath, report, style),
    warnings,
    ...(failure !== null && { failure }),
  };
}
