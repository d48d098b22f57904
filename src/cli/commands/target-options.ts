/** What a command on a target works with: the layout, the engine, and the frame's clock, signal and progress. */
import type { DeployContext, TargetLayout } from '../../deploy/index.ts';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { parseDurationMs } from '../option-values.ts';

export interface WaitFlag {
  readonly wait?: number;
}

/** For commands that change a target: only one may at a time. */
export function addWaitOption(command: Command): Command {
  return command.option(
    '--wait <time>',
    'wait for another run on this target (default: refuse)',
    parseDurationMs,
  );
}

/** For a deployment: the path that is named, or the target in the state directory. */
export async function openDeployContext(
  path: string | null,
  context: CommandContext,
  { wait }: WaitFlag = {},
): Promise<DeployContext> {
  const { resolveTarget } = await import('../../deploy/index.ts');
  return withEngine(await resolveTarget(path, context.state), context, wait);
}

/** For a rollback: the path that is named, or the only target there is. Throws `TARGET_UNKNOWN`, `TARGET_AMBIGUOUS`. */
export async function openKnownTarget(
  path: string | null,
  context: CommandContext,
  { wait }: WaitFlag = {},
): Promise<DeployContext> {
  const { findTarget } = await import('../../pipeline/index.ts');
  return withEngine(await findTarget(path, context.state), context, wait);
}

async function withEngine(
  layout: TargetLayout,
  context: CommandContext,
  waitMs: number | undefined,
): Promise<DeployContext> {
  const { loadLlamaCppEngine, loadServerEngine } = await import('../../engine/index.ts');
  const { state, clock, signal, onProgress, shield } = context;
  const engines = { engine: await loadLlamaCppEngine(), openServer: loadServerEngine };
  return { layout, state, clock, signal, onProgress, shield, waitMs, ...engines };
}
