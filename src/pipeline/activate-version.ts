/** Tells the registry what went live: the version that was made from its entry becomes the active one. */
import { messageOf, type Warning } from '../core/index.ts';
import type { DeployContext, DeploymentOutcome } from '../deploy/index.ts';
import { openRegistry, type Registry } from '../registry/index.ts';

export interface ActivatedVersion {
  /** Null where nothing changed there. */
  readonly activated: string | null;
  /** Those of the deployment, and what the registry had to say. */
  readonly warnings: readonly Warning[];
}

/** Never throws: the model is live whatever the registry says. */
export async function activateVersion(
  { record, alreadyLive, dryRun, registeredAt, warnings }: DeploymentOutcome,
  { wanted, context }: { readonly wanted: boolean; readonly context: DeployContext },
): Promise<ActivatedVersion> {
  const unchanged = { activated: null, warnings };
  if (!wanted || dryRun || alreadyLive) return unchanged;
  const version = record.model_version;
  const registry = openContextRegistry(context);
  try {
    const entry = (await registry.list()).find((known) => known.version === version);
    if (entry === undefined) return unchanged;
    if (entry.timestamp !== registeredAt) {
      const message = `The registry has a ${version} of its own, and this release was not made from it: nothing was made active there.`;
      return { activated: null, warnings: [...warnings, { code: 'REGISTRY_OTHER_ENTRY', message }] };
    }
    if (entry.active) return unchanged;
    await registry.activate(version);
    return { activated: version, warnings };
  } catch (error) {
    // The model is live; that the registry could not be told is no reason to say otherwise.
    const message = `${version} is live, but could not be made active in the registry: ${messageOf(error)}`;
    return { activated: null, warnings: [...warnings, { code: 'REGISTRY_NOT_ACTIVATED', message }] };
  }
}

export function openContextRegistry({ state, clock, signal }: DeployContext): Registry {
  return openRegistry(state.registryFile, {
    clock,
    command: 'milton deploy',
    ...(signal !== undefined && { signal }),
  });
}
