/** Which target a command means, and what stands on each. */
import { Failure, type Warning } from '../core/index.ts';
import {
  onlyTarget,
  loadTargets,
  readLive,
  readStatus,
  readTargetTrust,
  resolveTarget,
  type TargetLayout,
  type TargetStatus,
  type TargetTrust,
} from '../deploy/index.ts';
import type { StateDirectory } from '../system/index.ts';

/** The target that is named, or the only one there is. Throws `TARGET_UNKNOWN`, `TARGET_AMBIGUOUS`. */
export async function findTarget(path: string | null, state: StateDirectory): Promise<TargetLayout> {
  return resolveTarget(path ?? (await onlyTarget(state)), state);
}

/** One target among several: one that cannot be read must not hide the others. */
export type TargetReport =
  | { readonly kind: 'read'; readonly status: TargetStatus; readonly trust: TargetTrust }
  | {
      readonly kind: 'unreadable';
      readonly targetPath: string;
      readonly failure: Failure;
      /** The release that the link names all the same; null where it names none. */
      readonly linkedRelease: string | null;
    };

/** The target that is named, or every one that was ever deployed to from here. */
export async function readTargets(
  path: string | null,
  state: StateDirectory,
): Promise<readonly TargetReport[]> {
  if (path !== null) return [await readTarget(path, state)];
  return Promise.all((await loadTargets(state)).map((target) => reportTarget(target, state)));
}

async function reportTarget(targetPath: string, state: StateDirectory): Promise<TargetReport> {
  try {
    return await readTarget(targetPath, state);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return { kind: 'unreadable', targetPath, failure, linkedRelease: await readLink(targetPath, state) };
  }
}

async function readTarget(path: string, state: StateDirectory): Promise<TargetReport> {
  const layout = await resolveTarget(path, state);
  const status = await readStatus(layout);
  return { kind: 'read', status, trust: await readTargetTrust({ layout, state }) };
}

async function readLink(targetPath: string, state: StateDirectory): Promise<string | null> {
  try {
    return await readLive(await resolveTarget(targetPath, state));
  } catch {
    // The failure that is told already has the reason.
    return null;
  }
}

/** The target that is named, the only one there is, or the one in the state directory where there is none yet. Throws `TARGET_AMBIGUOUS`. */
export async function findTargetAhead(path: string | null, state: StateDirectory): Promise<TargetLayout> {
  const isFirst = path === null && (await loadTargets(state)).length === 0;
  return isFirst ? resolveTarget(null, state) : findTarget(path, state);
}

/** Where each version is live. A target that cannot be read is a warning: a list of models must not fail over it. */
export async function findLiveVersions(state: StateDirectory): Promise<{
  /** By version and the time of its registration: a release of other bytes may bear the same version. */
  readonly live: readonly {
    readonly version: string;
    readonly registeredAt: string | null;
    readonly targetPath: string;
  }[];
  readonly warnings: readonly Warning[];
}> {
  const found: { version: string; registeredAt: string | null; targetPath: string }[] = [];
  const warnings: Warning[] = [];
  for (const report of await readTargets(null, state)) {
    if (report.kind === 'unreadable') {
      warnings.push({ code: report.failure.code, message: report.failure.message });
      continue;
    }
    const { live, targetPath } = report.status;
    const version = live?.known?.version;
    if (version !== undefined) found.push({ version, registeredAt: live?.registeredAt ?? null, targetPath });
  }
  return { live: found, warnings };
}
