/** `milton resume`: ends what a crash left unfinished, and nothing else. */
import type { Command } from 'commander';
import type { JsonObject } from '../../core/index.ts';
import type { Settled } from '../../deploy/index.ts';
import type { CommandContext, CommandResult, Perform } from '../context.ts';
import { parsePath } from '../option-values.ts';
import { shown, type TextStyle } from '../text-style.ts';
import { addWaitOption, openDeployContext, type WaitFlag } from './target-options.ts';

interface ResumeFlags extends WaitFlag {
  readonly targetPath?: string;
  readonly allowNetworkFs?: boolean;
  /** False for `--no-restart`. */
  readonly restart: boolean;
}

export function defineResume(command: Command, perform: Perform): void {
  addWaitOption(command);
  command
    .option('--target-path <path>', 'only this target (default: every target ever deployed to)', parsePath)
    .option('--allow-network-fs', 'the target lies on NFS, CIFS and the like')
    .option('--no-restart', 'leave the server alone: at boot it starts afterwards')
    .addHelpText('after', '\nExample:\n  $ milton resume --target-path /srv/llm')
    .action(perform<ResumeFlags>(resume));
}

interface Resumed {
  readonly targetPath: string;
  readonly settled: Settled | null;
}

async function resume(context: CommandContext, flags: ResumeFlags): Promise<CommandResult> {
  const { loadTargets, resumeTarget } = await import('../../deploy/index.ts');
  const paths = flags.targetPath === undefined ? await loadTargets(context.state) : [flags.targetPath];
  const options = { allowNetworkFs: flags.allowNetworkFs ?? false, restart: flags.restart };
  const all: Resumed[] = [];
  for (const path of paths) {
    const deployContext = await openDeployContext(path, context, flags);
    const { targetPath } = deployContext.layout;
    all.push({ targetPath, settled: await resumeTarget(options, deployContext) });
  }
  return { json: { targets: all.map(toJson) }, text: (style) => toText(all, style) };
}

function toJson({ targetPath, settled }: Resumed): JsonObject {
  return {
    target_path: targetPath,
    settled:
      settled === null
        ? null
        : {
            transaction: settled.transaction,
            kind: settled.kind,
            crashed_in: settled.crashedIn,
            state: settled.state,
          },
  };
}

function toText(all: readonly Resumed[], { colors }: TextStyle): string[] {
  if (all.length === 0) return ['Nothing was ever deployed from here, so nothing is unfinished.'];
  return all.map(({ targetPath, settled }) => {
    const target = colors.bold(shown(targetPath));
    if (settled === null) return `${target}  nothing was left unfinished`;
    const { transaction, crashedIn, state } = settled;
    return `${target}  ${shown(transaction)} had ended while ${crashedIn}; it is now ${colors.yellow(state)}`;
  });
}
