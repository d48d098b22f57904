/** What a command on a target works with: the layout, the engine, and the frame's clock, signal and progress. */
import type { DeployContext, TargetLayout } from '../../deploy/index.ts';
import type { CommandContext } from '../context.ts';

/** For a deployment: the path that is named, or the target in the state directory. */
export async function openDeployContext(
  path: string | null,
  context: CommandContext,
): Promise<DeployContext> {
  const { resolveTarget } = await import('../../deploy/index.ts');
  return withEngine(await resolveTarget(path, context.state), context);
}

/** For a rollback: the path that is named, or the only target there is. Throws `TARGET_UNKNOWN`, `TARGET_AMBIGUOUS`. */
export async function openKnownTarget(path: string | null, context: CommandContext): Promise<DeployContext> {
  const { findTarget } = await import('../../pipeline/index.ts');
  return withEngine(await findTarget(path, context.state), context);
}

async function withEngine(layout: TargetLayout, context: CommandContext): Promise<DeployContext> {
  const { loadLlamaCppEngine } = await import('../../engine/index.ts');
  const { state, clock, signal, onProgress, shield } = context;
  return { layout, state, clock, signal, onProgress, shield, engine: await loadLlamaCppEngine() };
}
