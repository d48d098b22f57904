/** The registry of the state directory in use, loaded when a command first needs it. */
import type { Registry } from '../../registry/index.ts';
import type { CommandContext } from '../context.ts';

export async function openModels({ clock, signal, state }: CommandContext): Promise<Registry> {
  const { openRegistry } = await import('../../registry/index.ts');
  return openRegistry(state.registryFile, { clock, signal });
}
