/** Which target a command means, and what stands on each. */
import { Failure, type Warning } from '../core/index.ts';
import {
  onlyTarget,
  loadTargets,
  readStatus,
  resolveTarget,
  type TargetLayout,
  type TargetStatus,
} from '../deploy/index.ts';
import type { StateDirectory } from '../system/index.ts';

/** The target that is named, or the only one there is. Throws `TARGET_UNKNOWN`, `TARGET_AMBIGUOUS`. */
export async function findTarget(path: string | null, state: StateDirectory): Promise<TargetLayout> {
  return resolveTarget(path ?? (await onlyTarget(state)), state);
}

/** The target that is named, or every one that was ever deployed to from here. */
export async function readTargets(
  path: string | null,
  state: StateDirectory,
): Promise<readonly TargetStatus[]> {
  const paths = path === null ? await loadTargets(state) : [path];
  return Promise.all(paths.map(async (target) => readStatus(await resolveTarget(target, state))));
}

/** Where each version is live. A target that cannot be read is a warning: a list of models must not fail over it. */
export async function findLiveVersions(state: StateDirectory): Promise<{
  readonly targetsOf: ReadonlyMap<string, readonly string[]>;
  readonly warnings: readonly Warning[];
}> {
  const targetsOf = new Map<string, string[]>();
  const warnings: Warning[] = [];
  for (const path of await loadTargets(state)) {
    try {
      const { live, targetPath } = await readStatus(await resolveTarget(path, state));
      const version = live?.known?.version;
      if (version !== undefined) targetsOf.set(version, [...(targetsOf.get(version) ?? []), targetPath]);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      warnings.push({ code: error.code, message: error.message });
    }
  }
  return { targetsOf, warnings };
}
